#include "http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "base/error.hpp"
#include "base/task_group.hpp"
#include "http/answer.hpp"
#include "support/captured_log.hpp"
#include "support/raw_client.hpp"
#include "support/serving.hpp"

namespace http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::eventually;
using support::RawClient;
using support::Serving;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Reply text(std::string body) {
  Reply reply;
  reply.content_type = "text/plain";
  reply.body = std::make_shared<const std::string>(std::move(body));
  return reply;
}

/// What the routes of a test tell it.
struct Seen {
  std::atomic<bool> streaming = false;
  std::atomic<bool> gone = false;
  std::atomic<bool> working = false;
  std::atomic<bool> finish = false;
};

asio::awaitable<void> poll_until(std::atomic<bool>& flag) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (!flag) co_await base::sleep(timer, 1ms);
}

asio::awaitable<void> stream(Seen& seen, StreamWriter& out) {
  out.watch([&seen] { seen.gone = true; });
  std::vector<Text> parts{std::make_shared<const std::string>("one,"), std::make_shared<const std::string>("two")};
  co_await out.write(parts);
  seen.streaming = true;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (!seen.finish && !out.gone()) co_await base::sleep(timer, 1ms);
}

asio::awaitable<void> broken_stream(Seen& seen, StreamWriter& out) {
  out.watch([&seen] { seen.gone = true; });
  std::vector<Text> parts{std::make_shared<const std::string>("begun")};
  co_await out.write(parts);
  throw std::logic_error("secret bug");
}

/// "a", nothing, "b".
asio::awaitable<void> pieces(StreamWriter& out) {
  for (const char* piece : {"a", "", "b"}) {
    std::vector<Text> parts(1, std::make_shared<const std::string>(piece));
    co_await out.write(std::move(parts));
  }
}

Router routes(Seen& seen) {
  Router router;
  router.add("GET", "/broken", [&seen](const Request&) -> asio::awaitable<Reply> {
    Reply reply = text("");
    reply.stream = [&seen](StreamWriter& out) { return broken_stream(seen, out); };
    co_return reply;
  });
  router.add("GET", "/pieces", [](const Request&) -> asio::awaitable<Reply> {
    Reply reply = text("");
    reply.stream = pieces;
    co_return reply;
  });
  router.add("GET", "/", [](const Request&) -> asio::awaitable<Reply> { co_return text("hello"); });
  router.add("GET", "/core",
             [](const Request& request) -> asio::awaitable<Reply> { co_return text(std::to_string(request.core)); });
  router.add("GET", "/nothing", [](const Request&) -> asio::awaitable<Reply> { co_return Reply{.status = 204}; });
  router.add("GET", "/waited", [](const Request&) -> asio::awaitable<Reply> {
    Reply reply = text("at last");
    reply.waited = true;
    co_return reply;
  });
  router.add("POST", "/",
             [](const Request& request) -> asio::awaitable<Reply> { co_return text(std::string(request.body)); },
             {.max_body_bytes = kAnyBody});
  router.add("GET", "/large",
             [](const Request&) -> asio::awaitable<Reply> { co_return text(std::string(20'000'000, 'x')); });
  router.add("GET", "/lost", [](const Request&) -> asio::awaitable<Reply> { throw base::Lost("secret host"); });
  router.add("GET", "/bug", [](const Request&) -> asio::awaitable<Reply> { throw std::logic_error("secret bug"); });
  router.add("GET", "/slow", [&seen](const Request&) -> asio::awaitable<Reply> {
    seen.working = true;
    co_await poll_until(seen.finish);
    co_return text("late");
  });
  router.add("GET", "/stream", [&seen](const Request&) -> asio::awaitable<Reply> {
    Reply reply = text("");
    reply.stream = [&seen](StreamWriter& out) { return stream(seen, out); };
    co_return reply;
  });
  return router;
}

class ServerTest : public testing::Test {
 protected:
  ServerTest() { runtime_.start(); }

  Serving serve(ServerOptions options = {}) {
    return Serving(runtime_, routes(seen_), options, [this] { seen_.finish = true; });
  }

  base::Runtime runtime_{2};
  Seen seen_;
};

TEST_F(ServerTest, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
  Serving server = serve();
  RawClient client(server.port());
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(),
              testing::AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\r\n\r\nhello"), HasSubstr("Date: ")));
  client.send(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcHEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /x "
      "HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(), HasSubstr("\r\n\r\nabc"));
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 5"));
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 404")) << "a HEAD has no body";
}

TEST_F(ServerTest, TakesBodiesInChunksAndAfterContinue) {
  Serving server = serve();
  RawClient client(server.port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_THAT(client.read_answer(), HasSubstr("\r\n\r\nabcde"));
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_THAT(client.read_answer(), HasSubstr("\r\n\r\nhi"));
}

TEST_F(ServerTest, NothingOfARequestIsLeftInTheNextOne) {
  std::vector<std::string> seen;
  Router router;
  router.add("GET", "/x/{name}", [](const Request&) { return Reply{}; });
  router.add("PUT", "/x/{name}", [](const Request&) { return Reply{}; }, {.max_body_bytes = kAnyBody});
  router.at_end([&seen](const Request& request, Reply&) {
    seen.push_back(fmt::format("{} {} {} {} {}", request.path, request.query_text, request.headers.size(),
                               request.parameters.size(), request.body));
  });
  Serving server(runtime_, std::move(router));
  RawClient client(server.port());
  client.send("GET /x/1?a=1 HTTP/1.1\r\nHost: x\r\nAccept: y\r\n\r\nGET /x/2 HTTP/1.1\r\nHost: x\r\n\r\n");
  client.send("PUT /x/3 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbodyBREW /x/4 HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int i = 0; i < 4; ++i) client.read_answer();
  // The first is the refusal of a connection, which is made at the start.
  EXPECT_THAT(seen, testing::ElementsAre("  0 0 ", "/x/1 a=1 2 1 ", "/x/2  1 1 ", "/x/3  2 1 body", "  1 0 "));
}

/// An answer that is made in a later step.
asio::awaitable<Reply> later() {
  co_await asio::post(asio::use_awaitable);
  co_return Reply{.body = std::make_shared<const std::string>("later")};
}

TEST_F(ServerTest, AnswersWhatCameTogetherAlsoBesideBusyClients) {
  base::Runtime one(1);
  one.start();
  Router router;
  router.add("GET", "/", [](const Request&) { return Reply{.body = std::make_shared<const std::string>("now")}; });
  router.add("GET", "/later", [](const Request&) { return later(); });
  Serving server(one, std::move(router));
  constexpr std::string_view kNow = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  constexpr std::string_view kLater = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";
  std::atomic<bool> ends = false;
  std::vector<std::jthread> busy;
  for (int i = 0; i < 4; ++i)
    busy.emplace_back([&] {
      for (RawClient client(server.port()); !ends;) {
        client.send(kNow);
        client.read_answer();
      }
    });
  for (int i = 0; i < 50; ++i) {
    RawClient client(server.port());
    client.send(fmt::format("{}{}", kLater, kNow));
    client.send(fmt::format("{}{}{}", kLater, kLater, kNow));
    for (const std::string_view body : {"later", "now", "later", "later", "now"})
      ASSERT_THAT(client.read_answer(), testing::EndsWith(body)) << "client " << i;
    client.send(fmt::format("{}{}", kLater, kNow));
    client.end();
    ASSERT_THAT(client.read_all(), testing::EndsWith("now")) << "client " << i;
  }
  ends = true;
}

TEST_F(ServerTest, ManyRequestsThatCameTogetherDoNotKeepTheCoreFromOthers) {
  base::Runtime one(1);
  one.start();
  // Others had their turn before this answer.
  std::atomic<int> turns = 0;
  std::vector<int> seen;
  Router router;
  router.add("GET", "/", [&](const Request&) {
    asio::post(one.core(0), [&turns] { ++turns; });
    const auto until = std::chrono::steady_clock::now() + 1ms;
    while (std::chrono::steady_clock::now() < until) {
    }
    seen.push_back(turns);
    return Reply{.body = std::make_shared<const std::string>("now")};
  });
  Serving server(one, std::move(router));
  RawClient client(server.port());
  std::string all;
  for (int i = 0; i < 40; ++i) all += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(all);
  for (int i = 0; i < 40; ++i) ASSERT_THAT(client.read_answer(), testing::EndsWith("now"));
  EXPECT_GT(seen.back(), 20);
}

TEST_F(ServerTest, EmptyLinesProlongNothing) {
  ServerOptions options;
  options.idle_timeout = 100ms;
  Serving server(runtime_, Router(), options);
  RawClient client(server.port());
  std::jthread more([&](const std::stop_token& stop) {
    for (; !stop.stop_requested(); std::this_thread::sleep_for(10ms)) {
      try {
        client.send("\r\n");
      } catch (const std::exception&) {
        return;
      }
    }
  });
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, AHeadThatIsKeptHasTheDateOfNow) {
  auto prepared = std::make_shared<Prepared>("text/plain", "hello");
  Router router;
  router.add("GET", "/", [prepared](const Request& request) { return answer(request, *prepared, "Accept"); });
  int finished = 0;
  router.at_end([&finished](const Request&, Reply& reply) {
    ++finished;
    reply.headers.emplace_back("X-End", "1");
  });
  Serving server(runtime_, std::move(router));
  finished = 0;
  RawClient client(server.port());
  const auto ask = [&](std::string_view method, std::string_view header) {
    client.send(fmt::format("{} / HTTP/1.1\r\nHost: x\r\n{}\r\n", method, header));
    std::string answer = method == "HEAD" ? client.read_until("\r\n\r\n") : client.read_answer();
    const auto date = answer.find("Date: ");
    EXPECT_NE(date, std::string::npos) << answer;
    return answer.erase(date, answer.find("\r\n", date) - date);
  };
  const std::string first = ask("GET", "");
  EXPECT_THAT(first, testing::AllOf(HasSubstr("ETag: " + prepared->etag()), HasSubstr("Vary: Accept, Accept-Encoding"),
                                    HasSubstr("X-End: 1"), HasSubstr("Content-Length: 5"), testing::EndsWith("hello")));
  EXPECT_EQ(ask("GET", ""), first);
  EXPECT_EQ(ask("HEAD", "") + "hello", first);
  EXPECT_EQ(finished, 1) << "the head is kept";
  const std::string unchanged = fmt::format("If-None-Match: {}\r\n", prepared->etag());
  const std::string second = ask("GET", unchanged);
  EXPECT_THAT(second,
              testing::AllOf(StartsWith("HTTP/1.1 304"), HasSubstr("X-End: 1"), Not(HasSubstr("Content-Length"))));
  EXPECT_EQ(ask("GET", unchanged), second);
  EXPECT_THAT(ask("GET", "Connection: close\r\n"),
              testing::AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: close\r\n")));
}

TEST_F(ServerTest, EndsTheConnectionOfAnOldClient) {
  Serving server = serve();
  RawClient client(server.port());
  client.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.read_all(), testing::AllOf(HasSubstr("Connection: close"), HasSubstr("hello")));
}

TEST_F(ServerTest, SaysWhatIsWrongWithARequest) {
  Serving server = serve({{.max_body_bytes = 1000}});
  const std::pair<std::string, std::string> bad[] = {
      {"nonsense\r\n\r\n", "HTTP/1.1 400"},
      {"GET / HTTP/1.1\r\nbad header\r\n\r\n", "HTTP/1.1 400"},
      {"GET / HTTP/1.1\r\nX: " + std::string(20000, 'x') + "\r\n\r\n", "HTTP/1.1 431"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + std::string(200000, 'x'), "HTTP/1.1 413"},
      {"GET example.org/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 400"},
      {"GET /?a=%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 400"},
  };
  for (const auto& [request, answer] : bad) {
    RawClient client(server.port());
    client.send(request);
    EXPECT_THAT(client.read_all(), testing::AllOf(StartsWith(answer), HasSubstr("application/problem+json")))
        << request.substr(0, 40);
  }
}

TEST_F(ServerTest, AFailingHandlerShowsNoInternals) {
  Serving server = serve();
  RawClient client(server.port());
  client.send("GET /lost HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(), testing::AllOf(StartsWith("HTTP/1.1 503"), Not(HasSubstr("secret"))));
  client.send("GET /bug HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(), testing::AllOf(StartsWith("HTTP/1.1 500"), Not(HasSubstr("secret"))));
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_answer(), HasSubstr("hello")) << "the connection goes on";
}

TEST_F(ServerTest, ClosesConnectionsThatAreIdleOrTooSlow) {
  Serving server = serve({{.idle_timeout = 50ms, .io_timeout = 50ms}});
  RawClient idle(server.port());
  EXPECT_TRUE(idle.closed());
  RawClient slow(server.port());
  slow.send("GET / HT");
  EXPECT_TRUE(slow.closed());
}

TEST_F(ServerTest, HasATimeForThoseThatAreIdleAndOneForThoseThatAreSlow) {
  Serving first = serve({{.idle_timeout = 50ms, .io_timeout = 1h}});
  EXPECT_TRUE(RawClient(first.port()).closed());
  Serving second = serve({{.idle_timeout = 1h, .io_timeout = 50ms}});
  RawClient slow(second.port());
  slow.send("GET / HT");
  EXPECT_TRUE(slow.closed());
}

TEST_F(ServerTest, EachConnectionIsOnTheNextCore) {
  Serving server = serve();
  std::vector<std::unique_ptr<RawClient>> clients;
  std::string cores;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    for (int request = 0; request < 2; ++request) {
      clients.back()->send("GET /core HTTP/1.1\r\nHost: x\r\n\r\n");
      cores += clients.back()->read_answer().back();
    }
  }
  EXPECT_THAT(cores, testing::AnyOf("00110011", "11001100")) << "and stays there";
}

TEST_F(ServerTest, CountsItsAnswersAndTimesThoseThatDidNotWait) {
  Serving server = serve();
  RawClient client(server.port());
  for (const char* target : {"/", "/none", "/waited", "/bug"}) {
    client.send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", target));
    client.read_answer();
  }
  const auto has = [&](const std::string& line) {
    return eventually([&] { return server.metrics().text().contains(line + "\n"); });
  };
  EXPECT_TRUE(has("vacancy_http_requests_total{code=\"2xx\",server=\"test\"} 2"));
  EXPECT_TRUE(has("vacancy_http_requests_total{code=\"4xx\",server=\"test\"} 1"));
  EXPECT_TRUE(has("vacancy_http_requests_total{code=\"5xx\",server=\"test\"} 1"));
  EXPECT_TRUE(has("vacancy_http_request_seconds_count{server=\"test\"} 3"));
}

TEST_F(ServerTest, AnAnswerWithoutABodyHasNoLength) {
  Serving server = serve();
  RawClient client(server.port());
  client.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), testing::AllOf(StartsWith("HTTP/1.1 204"), Not(HasSubstr("Length"))));
  EXPECT_THAT(client.read_answer(), HasSubstr("hello"));
}

TEST_F(ServerTest, APieceOfNothingEndsNoStream) {
  Serving server = serve();
  RawClient client(server.port());
  client.send("GET /pieces HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_until("0\r\n\r\n"), testing::EndsWith("\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n"));
}

TEST_F(ServerTest, AStreamToAnOldClientEndsWithItsConnection) {
  Serving server = serve();
  RawClient client(server.port());
  client.send("GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.read_all(), testing::AllOf(HasSubstr("Connection: close\r\n"), Not(HasSubstr("chunked")),
                                                testing::EndsWith("\r\n\r\nab")));
}

TEST_F(ServerTest, StreamsInChunksAndNoticesThatTheClientLeft) {
  Serving server = serve();
  RawClient client(server.port());
  client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_until("two\r\n"),
              testing::AllOf(HasSubstr("Transfer-Encoding: chunked"), HasSubstr("7\r\none,two\r\n")));
  EXPECT_FALSE(seen_.gone);
  client.close();
  EXPECT_TRUE(eventually([&] { return seen_.gone.load(); }));
}

TEST_F(ServerTest, AStreamThatFailsIsCutOff) {
  Serving server = serve();
  auto& open = server.metrics().gauge("vacancy_http_connections", "Open connections", {{"server", "test"}});
  RawClient client(server.port());
  client.send("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_all(), testing::EndsWith("\r\nbegun\r\n")) << "without the last chunk it is not whole";
  EXPECT_TRUE(eventually([&] { return open.Value() == 0; }));
  EXPECT_FALSE(seen_.gone) << "who watched is no more";
}

TEST_F(ServerTest, TheHeadOfAStreamHasNoLengthAndKeepsTheConnection) {
  Serving server = serve();
  RawClient client(server.port());
  client.send("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), testing::AllOf(StartsWith("HTTP/1.1 200"), Not(HasSubstr("Length"))));
  EXPECT_THAT(client.read_answer(), HasSubstr("hello"));
}

TEST_F(ServerTest, DrainEndsIdleConnectionsAtOnceAndLetsAnswersEnd) {
  Serving server = serve();
  RawClient idle(server.port());
  RawClient busy(server.port());
  busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  RawClient streaming(server.port());
  streaming.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return seen_.working && seen_.streaming; }));
  const auto begin = std::chrono::steady_clock::now();
  server.drain(10min);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5min);
  EXPECT_TRUE(idle.closed());
  EXPECT_THAT(busy.read_all(), testing::AllOf(HasSubstr("Connection: close"), HasSubstr("late")));
  EXPECT_THAT(streaming.read_all(), testing::EndsWith("\r\n0\r\n\r\n")) << "a clean end";
}

TEST_F(ServerTest, AnswersEndTheirConnectionsWhenTheEndIsAnnounced) {
  Serving server = serve();
  RawClient before(server.port());
  before.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(before.read_answer(), Not(HasSubstr("Connection: close")));
  server.announce_end();
  RawClient after(server.port());
  for (RawClient* client : {&before, &after}) {
    client->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client->read_all(), testing::AllOf(HasSubstr("Connection: close"), HasSubstr("hello")));
  }
}

TEST_F(ServerTest, DrainCutsAClientThatTakesNothing) {
  Serving server = serve();
  RawClient stuck(server.port());
  stuck.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(stuck.read_until("\r\n"), StartsWith("HTTP/1.1 200"));
  const auto begin = std::chrono::steady_clock::now();
  server.drain(100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1min);
}

TEST_F(ServerTest, APortInUseIsAUsageError) {
  Serving server = serve();
  base::Metrics metrics;
  Server second(runtime_, metrics, {}, {{.port = server.port()}, "second"});
  EXPECT_THROW(second.listen(), base::UsageError);
  Server nowhere(runtime_, metrics, {}, {{.address = "not an address"}, "nowhere"});
  EXPECT_THROW(nowhere.listen(), base::UsageError);
}

TEST_F(ServerTest, ManyRequestsThatCannotBeAnsweredAreOneLine) {
  const support::CapturedLog log;
  Serving server = serve();
  RawClient client(server.port());
  for (int i = 0; i < 20; ++i) {
    client.send(i % 2 == 0 ? "GET /lost HTTP/1.1\r\nHost: x\r\n\r\n" : "GET /lost?1 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.read_answer(), testing::AllOf(StartsWith("HTTP/1.1 503"), Not(HasSubstr("secret"))));
  }
  EXPECT_EQ(log.count("warning GET /lost: secret host"), 1U);
  EXPECT_EQ(log.lines().size(), 1U);
}

TEST_F(ServerTest, AStreamWithoutLengthOrChunksEndsItsConnection) {
  Serving server = serve();
  RawClient old(server.port());
  old.send("GET /pieces HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(old.read_until("\r\n\r\n"), HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(old.read_until("ab"), "ab");
  EXPECT_TRUE(old.closed()) << "that is the end of the answer";
}

TEST_F(ServerTest, AHeadOfALargeAnswerHasNoBody) {
  Serving server = serve();
  RawClient client(server.port());
  client.send("HEAD /large HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Content-Length: 20000000\r\n"));
  EXPECT_THAT(client.read_answer(), testing::AllOf(StartsWith("HTTP/1.1 200 "), testing::EndsWith("\r\n\r\nhello")));
}

}  // namespace
}  // namespace http
