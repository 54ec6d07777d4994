#include "http/router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/runtime.hpp"
#include "http/answer.hpp"
#include "http/compress.hpp"
#include "support/eventually.hpp"

namespace http {
namespace {

Handler echo(std::string name) {
  return [name = std::move(name)](const Request& request) -> boost::asio::awaitable<Reply> {
    std::string body = name;
    for (const std::string& parameter : request.parameters) body += "," + parameter;
    Reply reply;
    reply.body = std::make_shared<const std::string>(std::move(body));
    co_return reply;
  };
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router_.add("GET", "/", echo("root"));
    router_.add("GET", "/things/", echo("list"));
    router_.add("POST", "/things/", echo("add"));
    router_.add("GET", "/things/events", echo("events"));
    router_.add("PUT", "/things/{id}", echo("put"));
    router_.add("GET", "/things/{id}", echo("get"));
    router_.add("GET", "/a/{provider}/{name}", echo("one"));
  }

  Reply ask(std::string_view method, std::string_view path) {
    Request request;
    request.method = method;
    request.path = path;
    const auto route = router_.find(request);
    if (!route) return route.error();
    boost::asio::io_context context;
    auto reply = support::start(context, std::get<boost::asio::awaitable<Reply>>((*route)->handler(request)));
    context.run();
    return reply.get();
  }
  std::string body(std::string_view method, std::string_view path) { return *ask(method, path).body; }

  Router router_;
};

TEST_F(RouterTest, FindsTheRoute) {
  EXPECT_EQ(body("GET", "/"), "root");
  EXPECT_EQ(body("HEAD", "/"), "root");
  EXPECT_EQ(body("GET", "/things/"), "list");
  EXPECT_EQ(body("POST", "/things/"), "add");
  EXPECT_EQ(body("GET", "/things/events"), "events");
  EXPECT_EQ(body("PUT", "/things/7"), "put,7");
  EXPECT_EQ(body("GET", "/a/our%20cluster/gpu%2Fa100"), "one,our cluster,gpu/a100");
}

TEST_F(RouterTest, SaysWhatIsWrong) {
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
  EXPECT_EQ(ask("GET", "/things").status, 404);
  EXPECT_EQ(ask("GET", "/a/x").status, 404);
  EXPECT_EQ(ask("GET", "/a//x").status, 404);
  EXPECT_EQ(ask("GET", "/things/events/further").status, 404);
  EXPECT_EQ(ask("GET", "/a/x/%zz").status, 400);
  const Reply reply = ask("DELETE", "/things/");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.content_type, "application/problem+json");
  EXPECT_EQ(reply.headers.back().second, "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(ask("DELETE", "/things/events").headers.back().second, "GET, HEAD, PUT, OPTIONS") << "each once";
}

TEST_F(RouterTest, OptionsTellWhatAPathAnswers) {
  Reply reply = ask("OPTIONS", "/things/");
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.headers.back(), std::pair(std::string_view("Allow"), std::string("GET, HEAD, POST, OPTIONS")));
  reply = ask("OPTIONS", "*");
  EXPECT_EQ(reply.status, 204);
  EXPECT_THAT(reply.headers.back().second, testing::AllOf(testing::HasSubstr("PUT"), testing::HasSubstr("POST")));
  EXPECT_EQ(ask("OPTIONS", "/nothing").status, 404);
}

std::string header(const Reply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers)
    if (key == name) return value;
  return {};
}

TEST(Problem, EscapesWhatTheClientSent) {
  const Reply reply = problem(400, "a \"quoted\" \\ text");
  EXPECT_NE(reply.body->find(R"("detail":"a \"quoted\" \\ text")"), std::string::npos);
  EXPECT_EQ(problem(400, "\xff\x01").body->find('\xff'), std::string::npos);
}

TEST(Problem, HasTheStatusOfItsError) {
  using base::Errc;
  const std::pair<Errc, int> all[] = {{Errc::invalid, 400},   {Errc::unauthorized, 401}, {Errc::forbidden, 403},
                                      {Errc::not_found, 404}, {Errc::conflict, 409},     {Errc::gone, 410},
                                      {Errc::too_large, 413}, {Errc::unavailable, 503}};
  for (const auto& [code, status] : all) {
    const Reply reply = problem(base::Error{code, "why"});
    EXPECT_EQ(reply.status, status);
    EXPECT_NE(reason_phrase(status), "Unknown") << status;
    EXPECT_EQ(header(reply, "Cache-Control"), "no-store") << "a 404 is not kept";
    EXPECT_EQ(header(reply, "Retry-After"), status == 503 ? "1" : "");
    EXPECT_EQ(header(reply, "WWW-Authenticate"), status == 401 ? "Bearer" : "");
  }
}

TEST(Answer, RevalidatesAndCompresses) {
  Prepared prepared("text/plain", std::string(5000, 'x'));
  Request request;
  const Reply plain = answer(request, prepared, "Accept");
  EXPECT_EQ(plain.body->size(), 5000U);
  EXPECT_EQ(header(plain, "Vary"), "Accept, Accept-Encoding");
  request.headers = {{"accept-encoding", "br, gzip;q=0.5"}};
  const Reply gzipped = answer(request, prepared);
  EXPECT_EQ(header(gzipped, "Content-Encoding"), "gzip");
  EXPECT_LT(gzipped.body->size(), 200U);
  EXPECT_EQ(gzipped.body->substr(0, 2), "\x1f\x8b");
  const std::string list = "\"other\", " + prepared.etag();
  for (const std::string& tags : {prepared.etag(), prepared.etag().substr(2), list, std::string("*")}) {
    request.headers = {{"If-None-Match", tags}};
    EXPECT_EQ(answer(request, prepared).status, 304) << tags;
    EXPECT_FALSE(answer(request, prepared).body);
  }
  request.headers = {{"If-None-Match", "W/\"0\""}};
  EXPECT_EQ(answer(request, prepared).status, 200);
}

TEST(Answer, ASmallBodyIsSentAsItIs) {
  Request request;
  request.headers = {{"Accept-Encoding", "gzip"}};
  Prepared small("text/plain", std::string(999, 'x'));
  EXPECT_EQ(header(answer(request, small), "Content-Encoding"), "");
  Prepared large("text/plain", std::string(1000, 'x'));
  EXPECT_EQ(header(answer(request, large), "Content-Encoding"), "gzip");
}

TEST(Answer, OtherBytesHaveAnotherTag) {
  std::string body(1000, 'x');
  const std::string tag = Prepared("text/plain", body).etag();
  EXPECT_EQ(Prepared("text/html", body).etag(), tag) << "of the bytes alone";
  for (std::size_t i : {0UL, 7UL, 500UL, 999UL}) {
    std::string other = body;
    other[i] = 'y';
    EXPECT_NE(Prepared("text/plain", other).etag(), tag) << i;
  }
  EXPECT_NE(Prepared("text/plain", body + "x").etag(), tag);
}

TEST(Accept, QualityAndGzip) {
  EXPECT_EQ(quality_of("", "text/html"), 1);
  EXPECT_EQ(quality_of("*/*", "text/html"), 1);
  EXPECT_EQ(quality_of("text/plain;q=0.5, text/*;q=0.3, */*;q=0.1", "text/plain"), 0.5);
  EXPECT_EQ(quality_of("text/plain;q=0.5, text/*;q=0.3, */*;q=0.1", "text/html"), 0.3);
  EXPECT_EQ(quality_of("text/plain;q=0.5, text/*;q=0.3, */*;q=0.1", "image/png"), 0.1);
  EXPECT_EQ(quality_of("application/json", "text/html"), 0);
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("deflate, GZIP;q=0.1"));
  EXPECT_TRUE(accepts_gzip("*"));
  EXPECT_FALSE(accepts_gzip(""));
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("br"));
}

}  // namespace
}  // namespace http
