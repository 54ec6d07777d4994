// Answers that a source pushes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include "support/raw_client.hpp"
#include "support/serving.hpp"

namespace http {
namespace {

using namespace std::chrono_literals;
using support::eventually;
using support::RawClient;
using support::Serving;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kPush = "GET /push HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kRoot = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

Text text(std::string value) {
  return std::make_shared<const std::string>(std::move(value));
}

class PushTest : public testing::Test {
 protected:
  /// The source of the only answer. The test uses it on the core.
  class Source final : public PushSource {
   public:
    Source(PushTest& test, PushWriter& out) : out(out), test_(test) { test_.source_ = this; }
    ~Source() override { test_.source_ = nullptr; }
    void sent() override { ++test_.sent_; }

    PushWriter& out;

   private:
    PushTest& test_;
  };

  PushTest() { runtime_.start(); }

  Router routes() {
    Router router;
    router.add("GET", "/", [](const Request&) { return Reply{.body = text("hello")}; });
    router.add("GET", "/push", [this](const Request&) {
      Reply reply;
      reply.push = [this](PushWriter& out) { return std::make_unique<Source>(*this, out); };
      return reply;
    });
    return router;
  }
  /// Calls `job` with the source; false when there is none.
  bool with(const std::function<void(Source&)>& job) {
    return support::on(runtime_.core(0), [&] {
      if (source_ != nullptr) job(*source_);
      return source_ != nullptr;
    });
  }
  bool pushes(std::string value) {
    return with([&](Source& source) { source.out.push(std::vector<Text>{text("<"), text(value), text(">")}); });
  }
  bool is_busy() {
    bool busy = false;
    EXPECT_TRUE(with([&](Source& source) { busy = source.out.busy(); }));
    return busy;
  }
  bool begins() {
    return eventually([this] { return with([](Source&) {}); });
  }
  bool ends() {
    return eventually([this] { return !with([](Source&) {}); });
  }

  base::Runtime runtime_{1};
  Source* source_ = nullptr;
  std::atomic<int> sent_ = 0;
};

TEST_F(PushTest, PartsOfAPushAreOneChunk) {
  Serving server(runtime_, routes());
  RawClient client(server.port());
  client.send(kPush);
  ASSERT_TRUE(begins());
  ASSERT_TRUE(pushes("one"));
  ASSERT_TRUE(pushes(""));
  EXPECT_THAT(client.read_until("2\r\n<>\r\n"),
              AllOf(HasSubstr("Transfer-Encoding: chunked\r\n"), Not(HasSubstr("Content-Length")),
                    EndsWith("\r\n\r\n5\r\n<one>\r\n2\r\n<>\r\n")));
  EXPECT_EQ(sent_, 0) << "only what could not be sent at once is told";
}

TEST_F(PushTest, TheConnectionGoesOnAfterItsEnd) {
  Serving server(runtime_, routes());
  RawClient client(server.port());
  client.send(std::string(kPush) + std::string(kRoot));
  ASSERT_TRUE(begins());
  ASSERT_TRUE(pushes("one"));
  EXPECT_TRUE(with([](Source& source) {
    source.out.finish();
    source.out.finish();
  }));
  EXPECT_THAT(client.read_until("hello"), HasSubstr("5\r\n<one>\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(ends());
  client.send(kPush);
  EXPECT_TRUE(begins());
}

TEST_F(PushTest, OfHttp10EndsWithItsConnection) {
  Serving server(runtime_, routes());
  RawClient client(server.port());
  client.send("GET /push HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  ASSERT_TRUE(begins());
  ASSERT_TRUE(pushes("one"));
  EXPECT_TRUE(with([](Source& source) { source.out.finish(); }));
  EXPECT_THAT(client.read_all(), AllOf(HasSubstr("Connection: close\r\n"), EndsWith("\r\n\r\n<one>")));
}

TEST_F(PushTest, AHeadHasNoSource) {
  Serving server(runtime_, routes());
  RawClient client(server.port());
  client.send("HEAD /push HTTP/1.1\r\nHost: x\r\n\r\n" + std::string(kRoot));
  EXPECT_THAT(client.read_until("hello"), Not(HasSubstr("chunked")));
  EXPECT_FALSE(with([](Source&) {}));
}

TEST_F(PushTest, ASlowClientIsSentTheRestLater) {
  Serving server(runtime_, routes());
  RawClient client(server.port());
  client.send(kPush);
  ASSERT_TRUE(begins());
  // More than all buffers between the two hold.
  const std::string much(30'000'000, 'x');
  ASSERT_TRUE(pushes(much));
  EXPECT_TRUE(is_busy());
  EXPECT_EQ(sent_, 0);
  EXPECT_TRUE(with([](Source& source) { source.out.finish(); }));
  EXPECT_THAT(client.read_until("0\r\n\r\n").size(), testing::Gt(much.size()));
  EXPECT_TRUE(ends());
  client.send(kPush);
  ASSERT_TRUE(begins());
  ASSERT_TRUE(pushes(much));
  client.read_until(">\r\n");
  EXPECT_TRUE(eventually([this] { return sent_ == 1; }));
  EXPECT_FALSE(is_busy());
}

TEST_F(PushTest, AClientThatTakesNothingIsCutOff) {
  ServerOptions options;
  options.io_timeout = 50ms;
  Serving server(runtime_, routes(), options);
  RawClient client(server.port());
  client.send(kPush);
  ASSERT_TRUE(begins());
  ASSERT_TRUE(pushes("one"));
  client.read_until("<one>");
  ASSERT_TRUE(pushes(std::string(30'000'000, 'x')));
  EXPECT_TRUE(ends());
}

TEST_F(PushTest, ASourceEndsWithItsClient) {
  Serving server(runtime_, routes());
  const std::function<void(RawClient&)> ways[] = {[](RawClient& client) { client.close(); },
                                                  [](RawClient& client) { client.reset(); },
                                                  [](RawClient& client) { client.end(); },
                                                  [](RawClient& client) {
                                                    client.send(kRoot);
                                                    client.close();
                                                  }};
  for (const auto& go : ways) {
    RawClient client(server.port());
    client.send(kPush);
    ASSERT_TRUE(begins());
    go(client);
    EXPECT_TRUE(ends());
  }
}

TEST_F(PushTest, ASourceEndsWithTheServer) {
  Serving server(runtime_, routes());
  RawClient client(server.port());
  client.send(kPush);
  ASSERT_TRUE(begins());
  server.drain(1ms);
  EXPECT_FALSE(with([](Source&) {}));
  EXPECT_THAT(client.read_all(), Not(EndsWith("0\r\n\r\n"))) << "it has no end that the source gave it";
}

}  // namespace
}  // namespace http
