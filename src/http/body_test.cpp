// Which bodies a server reads, and when.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/body_share.hpp"
#include "http/server.hpp"
#include "support/raw_client.hpp"
#include "support/serving.hpp"

namespace http {
namespace {

namespace asio = boost::asio;
using support::eventually;
using support::RawClient;
using support::Serving;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

asio::awaitable<Reply> echo(const Request& request) {
  Reply reply;
  reply.content_type = "text/plain";
  reply.body = std::make_shared<const std::string>(fmt::format("{} bytes: {}", request.body.size(), request.body));
  co_return reply;
}

base::Result<void> needs_token(const Request& request) {
  if (request.header("Authorization") == "Bearer right") return {};
  return base::fail(base::Errc::unauthorized, "send the token");
}

class BodyTest : public testing::Test {
 protected:
  BodyTest() { runtime_.start(); }

  Serving serve(ServerOptions options = {{.max_body_bytes = 1000}}) {
    Router router;
    router.add("GET", "/", echo);
    router.add("DELETE", "/", echo);
    router.add("POST", "/", echo, {.max_body_bytes = kAnyBody});
    router.add("POST", "/small", echo, {.max_body_bytes = 10});
    router.add("POST", "/guarded", echo, {.max_body_bytes = kAnyBody, .guard = needs_token});
    return {runtime_, std::move(router), std::move(options)};
  }
  /// All that comes back for the head and the body of a request, of which the server must be the one to end it.
  static std::string ask(std::uint16_t port, std::string_view line, std::string_view headers, std::string_view body) {
    RawClient client(port);
    client.send(fmt::format("{} HTTP/1.1\r\nHost: x\r\n{}\r\n{}", line, headers, body));
    return client.read_all();
  }

  base::Runtime runtime_{2};
};

TEST_F(BodyTest, IsNotReadWhereNoRouteTakesOne) {
  Serving server = serve({{.max_body_bytes = 1000}});
  for (const char* headers : {"Content-Length: 5\r\n", "Content-Length: 5000\r\n", "Transfer-Encoding: chunked\r\n"})
    for (const char* line : {"GET /", "DELETE /"})
      // The body never comes: whoever waited for it would time out.
      EXPECT_THAT(ask(server.port(), line, headers, ""),
                  AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: close"), HasSubstr("\r\n\r\n0 bytes: ")))
          << line << " " << headers;
  EXPECT_THAT(ask(server.port(), "HEAD /", "Content-Length: 5\r\n", ""),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: close")));
  EXPECT_THAT(ask(server.port(), "POST /nothing", "Content-Length: 5\r\n", ""), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(ask(server.port(), "PUT /", "Content-Length: 5\r\n", ""), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(ask(server.port(), "GET /?a=%zz", "Content-Length: 5\r\n", ""), StartsWith("HTTP/1.1 400"));
}

TEST_F(BodyTest, WhatWasNotReadIsNoFurtherRequest) {
  Serving server = serve();
  const std::string answers =
      ask(server.port(), "GET /", "Content-Length: 30\r\n", "POST /small HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(answers.find("HTTP/1.1", 1), std::string::npos) << answers;
}

TEST_F(BodyTest, ALargeOneThatIsNotReadDoesNotCostItsSenderTheAnswer) {
  Serving server = serve();
  const std::string body(900'000, 'x');
  EXPECT_THAT(ask(server.port(), "GET /", "Content-Length: 900000\r\n", body), HasSubstr("\r\n\r\n0 bytes: "));
}

TEST_F(BodyTest, WhoGoesOnSendingIsNotCutOff) {
  Serving server = serve();
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n");
  EXPECT_THAT(client.read_all(), HasSubstr("\r\n\r\n0 bytes: "));
  // The answer has ended; a connection that were closed would be reset.
  const std::string half(250'000, 'x');
  EXPECT_NO_THROW(client.send(half));
  EXPECT_NO_THROW(client.send(half));
}

TEST_F(BodyTest, AnEmptyOneKeepsTheConnection) {
  Serving server = serve();
  RawClient client(server.port());
  for (int i = 0; i < 2; ++i) {
    client.send("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    EXPECT_THAT(client.read_answer(), AllOf(HasSubstr("0 bytes: "), Not(HasSubstr("Connection: close"))));
  }
}

TEST_F(BodyTest, TheTokenIsCheckedBeforeItIsRead) {
  Serving server = serve();
  for (const char* headers : {"Content-Length: 500\r\n", "Content-Length: 5000\r\n", "Transfer-Encoding: chunked\r\n",
                              "Content-Length: 500\r\nExpect: 100-continue\r\n"})
    EXPECT_THAT(
        ask(server.port(), "POST /guarded", headers, ""),
        AllOf(StartsWith("HTTP/1.1 401"), HasSubstr("WWW-Authenticate: Bearer"), HasSubstr("Connection: close")))
        << headers;
  RawClient client(server.port());
  client.send("POST /guarded HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer right\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_THAT(client.read_answer(), HasSubstr("3 bytes: abc"));
}

TEST_F(BodyTest, IsNoLargerThanRouteAndServerTake) {
  Serving server = serve({{.max_body_bytes = 100}});
  EXPECT_THAT(ask(server.port(), "POST /small", "Content-Length: 11\r\n", ""),
              AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("the body is larger than 10 bytes")));
  EXPECT_THAT(ask(server.port(), "POST /", "Content-Length: 101\r\n", ""),
              AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("the body is larger than 100 bytes")));
  // Of a chunked one the size is known only while it is read.
  EXPECT_THAT(ask(server.port(), "POST /small", "Transfer-Encoding: chunked\r\n", "b\r\nxxxxxxxxxxx\r\n"),
              AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("the body is larger than 10 bytes")));
  RawClient client(server.port());
  client.send("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789");
  EXPECT_THAT(client.read_answer(), HasSubstr("10 bytes: 0123456789"));
  client.send("POST /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n");
  EXPECT_THAT(client.read_answer(), HasSubstr("10 bytes: 0123456789"));
}

TEST_F(BodyTest, IsAskedForOnlyWhenItIsWanted) {
  Serving server = serve({{.max_body_bytes = 100}});
  const std::string expect = "Expect: 100-continue\r\n";
  EXPECT_THAT(ask(server.port(), "GET /", expect + "Content-Length: 5\r\n", ""), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask(server.port(), "POST /nothing", expect + "Content-Length: 5\r\n", ""), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(ask(server.port(), "POST /", expect + "Content-Length: 500\r\n", ""), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(ask(server.port(), "POST /", "Expect: 200-ok\r\nContent-Length: 5\r\n", ""),
              AllOf(StartsWith("HTTP/1.1 417"), HasSubstr("100-continue")));
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), kContinue);
  client.send("hi");
  EXPECT_THAT(client.read_answer(), HasSubstr("2 bytes: hi"));
  // HTTP/1.0 knows no interim answers.
  RawClient old(server.port());
  old.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_THAT(old.read_all(), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("2 bytes: hi")));
}

TEST_F(BodyTest, AllTogetherTakeNoMoreThanTheirLimit) {
  Serving server = serve({{.max_body_bytes = 100}, "", 150});
  RawClient first(server.port());
  first.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_EQ(first.read_until("\r\n\r\n"), kContinue);
  const char* too_much[] = {"Content-Length: 51\r\n", "Transfer-Encoding: chunked\r\n"};
  for (const char* headers : too_much)
    EXPECT_THAT(ask(server.port(), "POST /", headers, ""),
                AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Retry-After: 1"), HasSubstr("Connection: close")))
        << headers;
  RawClient second(server.port());
  second.send(fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{}", std::string(50, 'y')));
  EXPECT_THAT(second.read_answer(), HasSubstr("50 bytes"));
  first.send(std::string(100, 'x'));
  EXPECT_THAT(first.read_answer(), HasSubstr("100 bytes"));
  EXPECT_TRUE(eventually([&] {
    RawClient later(server.port());
    later.send(fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{}", std::string(100, 'z')));
    return later.read_answer().find("100 bytes") != std::string::npos;
  })) << "the share is given back";
}

TEST_F(BodyTest, OneMayAlwaysBeAsLargeAsTheServerTakes) {
  Serving server = serve({{.max_body_bytes = 100}, "", 10});
  RawClient client(server.port());
  client.send(fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{}", std::string(100, 'x')));
  EXPECT_THAT(client.read_answer(), HasSubstr("100 bytes"));
}

TEST_F(BodyTest, AmbiguousLengthsAreRefused) {
  Serving server = serve();
  for (const char* headers :
       {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: -1\r\n", "Content-Length: 3, 4\r\n"})
    EXPECT_THAT(ask(server.port(), "POST /", headers, "0\r\n\r\n"), StartsWith("HTTP/1.1 400")) << headers;
  EXPECT_THAT(ask(server.port(), "POST /", "Transfer-Encoding: chunked\r\n", "zz\r\nabc\r\n"),
              StartsWith("HTTP/1.1 400"));
}

TEST(BodyShare, IsGivenBackAndRefusedWhole) {
  std::atomic<std::size_t> taken = 0;
  {
    BodyShare one(taken);
    EXPECT_TRUE(one.take(60, 100));
    BodyShare two(taken);
    EXPECT_FALSE(two.take(41, 100));
    EXPECT_EQ(taken, 60U) << "what was refused is not held";
    BodyShare three(taken);
    EXPECT_TRUE(three.take(40, 100));
  }
  EXPECT_EQ(taken, 0U);
}

}  // namespace
}  // namespace http
