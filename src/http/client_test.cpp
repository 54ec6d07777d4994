#include "http/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/task_group.hpp"
#include "http/admin.hpp"
#include "support/serving.hpp"

namespace http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::Serving;
using testing::HasSubstr;

struct Got {
  base::Result<ClientHead> head;
  base::Result<std::string> body;
};

asio::awaitable<Got> fetch(Client& client, base::Url url, ClientRequest request, std::size_t max = 1 << 24) {
  Got got;
  got.head = co_await client.send(url, request);
  if (got.head) got.body = co_await client.read_all(max);
  co_return got;
}

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    router_.add("GET", "/large", [](const Request&) -> asio::awaitable<Reply> {
      Reply reply;
      reply.content_type = "text/plain";
      reply.body = std::make_shared<const std::string>(std::string(1'000'000, 'x'));
      co_return reply;
    });
    router_.add("POST", "/echo",
                [](const Request& request) -> asio::awaitable<Reply> {
                  Reply reply;
                  reply.body =
                      std::make_shared<const std::string>(fmt::format("{} {}", request.header("x-test"), request.body));
                  co_return reply;
                },
                {.max_body_bytes = kAnyBody});
    router_.add("GET", "/never", [this](const Request&) -> asio::awaitable<Reply> {
      asio::steady_timer timer(co_await asio::this_coro::executor);
      while (!end_) co_await base::sleep(timer, 1ms);
      co_return Reply{};
    });
    runtime_.start();
  }

  Serving serve() {
    return Serving(runtime_, router_, {}, [this] { end_ = true; });
  }

  Got get(const base::Url& url, ClientRequest request, ClientTimeouts timeouts = {}) {
    Client client(runtime_.background().get_executor(), timeouts);
    auto got = support::start(runtime_.background(), fetch(client, url, std::move(request)));
    return got.get();
  }

  base::Runtime runtime_{1};
  Router router_;
  std::atomic<bool> end_ = false;
};

TEST_F(ClientTest, ReadsAWholeAnswer) {
  Serving server = serve();
  const Got got = get(server.url(), {.target = "/large"});
  EXPECT_EQ(got.head->status, 200);
  EXPECT_EQ(got.head->content_type, "text/plain");
  EXPECT_EQ(got.body->size(), 1'000'000U);
  const Got echoed =
      get(server.url(), {.method = "POST", .target = "/echo", .headers = {{"X-Test", "yes"}}, .body = "body"});
  EXPECT_EQ(*echoed.body, "yes body");
}

TEST_F(ClientTest, TakesAnAnswerThatIsAsLargeAsAllowed) {
  Serving server = serve();
  for (const std::size_t most : {999'999U, 1'000'000U}) {
    Client client(runtime_.background().get_executor(), {});
    const Got got =
        support::start(runtime_.background(), fetch(client, server.url(), {.target = "/large"}, most)).get();
    EXPECT_EQ(got.body.has_value(), most == 1'000'000U);
  }
}

TEST_F(ClientTest, SaysHowLongItsBodyIs) {
  const auto length = [](const Request& request) -> asio::awaitable<Reply> {
    Reply reply;
    reply.body = std::make_shared<const std::string>(fmt::format("[{}]", request.header("Content-Length")));
    co_return reply;
  };
  for (const char* method : {"GET", "POST", "DELETE"})
    router_.add(method, "/base/length", length, {.max_body_bytes = 100});
  Serving server = serve();
  base::Url url = server.url();
  url.prefix = "/base";
  EXPECT_EQ(*get(url, {.method = "POST", .target = "/length", .body = "four"}).body, "[4]");
  EXPECT_EQ(*get(url, {.method = "POST", .target = "/length"}).body, "[0]");
  EXPECT_EQ(*get(url, {.method = "DELETE", .target = "/length"}).body, "[0]");
  EXPECT_EQ(*get(url, {.target = "/length"}).body, "[]");
}

TEST_F(ClientTest, LeavesAnAnswerThatComesToAStop) {
  router_.add("GET", "/stops", [this](const Request&) -> asio::awaitable<Reply> {
    Reply reply;
    reply.content_type = "text/plain";
    reply.stream = [this](StreamWriter& out) -> asio::awaitable<void> {
      std::vector<Text> parts(1, std::make_shared<const std::string>("begun"));
      co_await out.write(std::move(parts));
      asio::steady_timer timer(co_await asio::this_coro::executor);
      while (!end_ && !out.gone()) co_await base::sleep(timer, 1ms);
    };
    co_return reply;
  });
  Serving server = serve();
  Client client(runtime_.background().get_executor(), {.head = 1h, .read = 50ms});
  auto answer = support::start(runtime_.background(), fetch(client, server.url(), {.target = "/stops"}));
  EXPECT_TRUE(support::ready(answer));
  end_ = true;
  const Got got = answer.get();
  ASSERT_TRUE(got.head && !got.body);
  EXPECT_THAT(got.body.error().message, HasSubstr("lost the answer of http://127.0.0.1"));
}

asio::awaitable<int> ask_at(asio::any_io_executor executor, base::Url url,
                            std::vector<asio::ip::tcp::endpoint> places) {
  Client client(executor, {});
  const ClientRequest request{.target = "/host"};
  const auto head = co_await client.send(url, request, places);
  const auto body = co_await client.read_all(1000);
  co_return head && *body == url.authority() ? head->status : 0;
}

TEST_F(ClientTest, ConnectsToThePlaceAndAsksForTheHost) {
  router_.add("GET", "/host", [](const Request& request) -> asio::awaitable<Reply> {
    Reply reply;
    reply.body = std::make_shared<const std::string>(request.header("Host"));
    co_return reply;
  });
  Serving server = serve();
  const base::Url url{.host = "no-such-host.invalid", .port = 5001, .prefix = ""};
  const asio::ip::tcp::endpoint closed(asio::ip::make_address("127.0.0.2"), 1);
  const asio::ip::tcp::endpoint open(asio::ip::make_address("127.0.0.1"), server.port());
  auto got = support::start(runtime_.background(),
                            ask_at(runtime_.background().get_executor(), url, std::vector{closed, open}));
  EXPECT_EQ(got.get(), 200);
}

TEST_F(ClientTest, ErrorsNameTheService) {
  Serving server = serve();
  Client limited(runtime_.background().get_executor(), {});
  auto got = support::start(runtime_.background(), fetch(limited, server.url(), {.target = "/large"}, 1000)).get();
  EXPECT_EQ(got.body.error().code, base::Errc::too_large);
  const Got silent = get(server.url(), {.target = "/never"}, {.head = 50ms});
  EXPECT_THAT(silent.head.error().message, HasSubstr("no answer from http://127.0.0.1"));
  const base::Url closed = server.url();
  server.drain();
  const Got refused = get(closed, {.target = "/"});
  EXPECT_EQ(refused.head.error().code, base::Errc::unavailable);
  EXPECT_THAT(refused.head.error().message, HasSubstr("cannot connect to"));
  EXPECT_FALSE(get({.host = "no-such-host.invalid", .port = 1, .prefix = ""}, {}).head);
}

TEST_F(ClientTest, CancelEndsWhatIsUnderWay) {
  Serving server = serve();
  Client client(runtime_.background().get_executor(), {});
  auto got = support::start(runtime_.background(), fetch(client, server.url(), {.target = "/never"}));
  EXPECT_EQ(got.wait_for(50ms), std::future_status::timeout);
  support::on(runtime_.background(), [&] { client.cancel(); });
  ASSERT_TRUE(support::ready(got));
  EXPECT_THAT(got.get().head.error().message, HasSubstr("cancelled"));
}

TEST_F(ClientTest, AdminRoutesTellHealthAndMetrics) {
  base::Metrics metrics;
  metrics.counter("test_total", "A test").Increment();
  Health health;
  std::atomic<bool> broken = true;
  health.add([&] { return broken ? "the database is away" : ""; });
  health.add([&] { return broken ? "no rows yet" : ""; });
  Router router;
  add_admin_routes(router, health, metrics);
  Serving server(runtime_, std::move(router));
  EXPECT_EQ(get(server.url(), {.target = "/healthz"}).head->status, 200);
  const Got unready = get(server.url(), {.target = "/readyz"});
  EXPECT_EQ(unready.head->status, 503);
  EXPECT_THAT(*unready.body, HasSubstr("the database is away; no rows yet\n"));
  broken = false;
  EXPECT_EQ(get(server.url(), {.target = "/readyz"}).head->status, 200);
  health.drain();
  EXPECT_EQ(get(server.url(), {.target = "/readyz"}).head->status, 503);
  EXPECT_THAT(*get(server.url(), {.target = "/metrics"}).body, HasSubstr("test_total 1"));
}

}  // namespace
}  // namespace http
