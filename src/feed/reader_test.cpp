// A reader against services that restart, or that know no events: the original system's.

#include "feed/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "base/task_group.hpp"
#include "support/feed_ends.hpp"
#include "support/serving.hpp"

namespace feed {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::eventually;
using support::many_rows;
using support::measured_row;
using support::Serving;
using support::Sink;
using support::Source;
using testing::StartsWith;

constexpr auto kConnected = "vacancy_feed_connected";

/// The original's hardware service: one route, three keys, and as slow as the test says.
class Original {
 public:
  explicit Original(base::Runtime& runtime, bool slow = false) : slow_(slow), serving_(runtime, routes(), {}, end()) {}

  base::Url url() const { return serving_.url(); }
  int asked() const { return asked_; }
  /// How often it was asked for events, which it does not have.
  double refused() {
    return serving_.metrics().counter("vacancy_http_requests_total", "", {{"server", "test"}, {"code", "4xx"}}).Value();
  }
  void answer(int status, std::string body) {
    const std::lock_guard lock(mutex_);
    status_ = status;
    body_ = std::move(body);
  }
  void hurry() { slow_ = false; }

 private:
  http::Router routes() {
    http::Router router;
    router.add("GET", "/hardware/", [this](const http::Request&) { return handle(); });
    return router;
  }
  std::function<void()> end() {
    return [this] { slow_ = false; };
  }

  asio::awaitable<http::Reply> handle() {
    ++asked_;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (slow_) co_await base::sleep(timer, 1ms);
    const std::lock_guard lock(mutex_);
    http::Reply reply;
    reply.status = status_;
    reply.content_type = "application/json";
    reply.body = std::make_shared<const std::string>(body_);
    co_return reply;
  }

  std::atomic<bool> slow_;
  std::atomic<int> asked_ = 0;
  std::mutex mutex_;
  int status_ = 200;
  std::string body_ = R"([{"provider":"Amazon","name":"c5","availability":"HIGH"},
                          {"provider":"Azure","name":"H16mr","availability":"LOW"}])";
  Serving serving_;
};

class ReaderTest : public testing::Test {
 protected:
  ReaderTest() { runtime_.start(); }

  /// "Amazon/c5 HIGH, Azure/H16mr LOW".
  static std::string shown(Sink& sink) {
    std::string out;
    for (const core::Row& row : sink.board.rows())
      out += fmt::format("{}{}/{} {}", out.empty() ? "" : ", ", row.profile.key.provider, row.profile.key.name,
                         core::to_string(row.reading->level));
    return out;
  }
  static bool shows(Sink& sink, std::string_view what) {
    return eventually([&] { return sink.board->filled() && shown(sink) == what; });
  }

  base::Runtime runtime_{2};
};

TEST_F(ReaderTest, ResumesWhenTheServiceIsBackOnItsPort) {
  auto first = std::make_unique<Source>(runtime_);
  first->board.fill(many_rows(10));
  auto server = std::make_unique<Serving>(runtime_, first->routes(), http::ServerOptions{}, first->end());
  const base::Url url = server->url();
  Sink sink(runtime_, {url});
  ASSERT_TRUE(sink.shows(first->board));
  const core::RowPtr unchanged = sink.board.state()->snapshot.find({"p", "000002"});
  server.reset();

  Source second(runtime_);
  second.board.fill(many_rows(10));
  second.board.put(measured_row(1, "000001", 11, core::Level::low));
  Serving again(runtime_, second.routes(), {{.port = url.port}}, second.end());
  EXPECT_TRUE(sink.shows(second.board));
  EXPECT_EQ(sink.board.state()->snapshot.find({"p", "000002"}), unchanged) << "only what changed was sent";
}

TEST_F(ReaderTest, ARestartWithAnotherEpochIsTakenWhole) {
  auto first = std::make_unique<Source>(runtime_);
  first->board.fill(many_rows(10), {"old", 10});
  auto server = std::make_unique<Serving>(runtime_, first->routes(), http::ServerOptions{}, first->end());
  const base::Url url = server->url();
  Sink sink(runtime_, {url});
  ASSERT_TRUE(sink.shows(first->board));
  server.reset();

  Source second(runtime_);
  second.board.fill(many_rows(3), {"new", 3});
  Serving again(runtime_, second.routes(), {{.port = url.port}}, second.end());
  EXPECT_TRUE(sink.shows(second.board));
}

TEST_F(ReaderTest, AServiceThatIsNotReachedIsAnOutageUntilItAnswers) {
  Source source(runtime_);
  source.board.fill(many_rows(2));
  auto server = std::make_unique<Serving>(runtime_, source.routes(), http::ServerOptions{}, source.end());
  const base::Url url = server->url();
  server.reset();
  Sink sink(runtime_, {url});
  const auto side = [&] {
    const auto outage = sink.board.state()->outage;
    return outage ? std::optional(outage->side) : std::nullopt;
  };
  EXPECT_TRUE(eventually([&] { return side() == board::Side::hardware; }, 1min)) << "it was never reached";
  EXPECT_GE(std::chrono::steady_clock::now() - sink.board.state()->outage->since, board::kOutageGrace);
  Source second(runtime_);
  second.board.fill(many_rows(2));
  auto again =
      std::make_unique<Serving>(runtime_, second.routes(), http::ServerOptions{{.port = url.port}}, second.end());
  EXPECT_TRUE(sink.shows(second.board));
  EXPECT_TRUE(eventually([&] { return !side(); }));
  again.reset();
  EXPECT_TRUE(eventually([&] { return side() == board::Side::hardware; }, 1min)) << "it is lost";
}

TEST_F(ReaderTest, AServiceThatIsNotReadyIsReachedAllTheSame) {
  Source source(runtime_, 20ms);
  auto server = std::make_unique<Serving>(runtime_, source.routes(), http::ServerOptions{}, source.end());
  const base::Url url = server->url();
  server.reset();
  Sink sink(runtime_, {url});
  EXPECT_TRUE(eventually([&] { return sink.board.state()->outage.has_value(); }, 1min));
  Source second(runtime_, 20ms);
  Serving again(runtime_, second.routes(), {{.port = url.port}}, second.end());
  EXPECT_TRUE(eventually([&] { return !sink.board.state()->outage; })) << "a sign of life, and no word of an outage";
  EXPECT_FALSE(sink.board->filled());
}

TEST_F(ReaderTest, PollsAServiceWithoutEvents) {
  Original original(runtime_);
  Sink sink(runtime_, {original.url()});
  ASSERT_TRUE(shows(sink, "Amazon/c5 HIGH, Azure/H16mr LOW"));
  const auto first = sink.board.state();
  EXPECT_THAT(first->version.epoch, StartsWith("poll"));
  original.answer(200, R"([{"provider":"Azure","name":"H16mr","availability":"MEDIUM"}])");
  EXPECT_TRUE(shows(sink, "Azure/H16mr MEDIUM"));
  const auto later = sink.board.state();
  EXPECT_EQ(later->version.epoch, first->version.epoch);
  EXPECT_EQ(later->since(first->version)->removed.size(), 1U) << "a step on, not another world";
  EXPECT_EQ(later->snapshot.find({"Azure", "H16mr"})->reading->changed->from, core::Level::low);
  original.answer(200, "[]");
  EXPECT_TRUE(shows(sink, ""));
}

TEST_F(ReaderTest, AnAnswerEndsAnOutage) {
  Original original(runtime_);
  Sink sink(runtime_, {original.url()});
  ASSERT_TRUE(shows(sink, "Amazon/c5 HIGH, Azure/H16mr LOW"));
  support::on(runtime_.background(),
              [&] { sink.board->set_outage(board::Outage{board::Side::hardware, std::chrono::steady_clock::now()}); });
  EXPECT_TRUE(eventually([&] { return !sink.board.state()->outage; }));
}

TEST_F(ReaderTest, OnlyAStreamIsFollowed) {
  for (const auto& [status, type] : {std::pair(404, "text/event-stream"), std::pair(200, "text/html")}) {
    http::Router router;
    router.add("GET", "/hardware/events", [status, type](const http::Request&) -> asio::awaitable<http::Reply> {
      http::Reply reply;
      reply.status = status;
      reply.content_type = type;
      reply.body = std::make_shared<const std::string>("event: snapshot\n\n");
      co_return reply;
    });
    router.add("GET", "/hardware/", [](const http::Request&) -> asio::awaitable<http::Reply> {
      http::Reply reply;
      reply.body = std::make_shared<const std::string>(R"([{"provider":"p","name":"a","availability":"LOW"}])");
      co_return reply;
    });
    Serving server(runtime_, router);
    Sink sink(runtime_, {server.url()});
    EXPECT_TRUE(shows(sink, "p/a LOW")) << status << ' ' << type;
    EXPECT_EQ(sink.gauge(kConnected), 1);
  }
}

TEST_F(ReaderTest, SaysWhetherItIsConnected) {
  Source source(runtime_);
  source.board.fill(many_rows(2));
  auto server = std::make_unique<Serving>(runtime_, source.routes(), http::ServerOptions{}, source.end());
  Sink sink(runtime_, {server->url()});
  ASSERT_TRUE(sink.shows(source.board));
  EXPECT_EQ(sink.gauge(kConnected), 1);
  server.reset();
  EXPECT_TRUE(eventually([&] { return sink.gauge(kConnected) == 0; }));
}

TEST_F(ReaderTest, PollsTheSameReplicaAgain) {
  Original one(runtime_);
  Original other(runtime_);
  Sink sink(runtime_, {one.url(), other.url()});
  ASSERT_TRUE(eventually([&] { return one.asked() + other.asked() >= 5; }));
  EXPECT_EQ(std::min(one.asked(), other.asked()), 0);
}

asio::awaitable<base::Result<http::Places>> is_at(base::Url url) {
  const http::Endpoint endpoint(asio::ip::make_address(url.host), url.port);
  co_return http::Places(1, {endpoint});
}

TEST_F(ReaderTest, AReplicaThatItsNameHasLeftIsNotPolledOn) {
  Original before(runtime_);
  Original after(runtime_);
  std::atomic<bool> moved = false;
  ReaderOptions options = Sink::options({{.host = "hardware", .port = 5001, .prefix = ""}});
  options.resolve = [&](base::Url) { return is_at(moved ? after.url() : before.url()); };
  options.resolve_period = 5ms;
  Sink sink(runtime_, std::move(options));
  ASSERT_TRUE(eventually([&] { return before.asked() >= 2; }));
  EXPECT_EQ(after.asked(), 0);
  moved = true;
  EXPECT_TRUE(eventually([&] { return after.asked() >= 2; }));
  EXPECT_EQ(sink.count("vacancy_feed_failures_total"), 0);
}

TEST_F(ReaderTest, ABoardKeepsItsRowsWhileTheServiceFails) {
  Original original(runtime_);
  Sink sink(runtime_, {original.url()});
  std::string before = "Amazon/c5 HIGH, Azure/H16mr LOW";
  ASSERT_TRUE(shows(sink, before));
  const std::pair<int, std::string> failures[] = {{500, "[]"}, {200, "no JSON"}, {200, R"([{"provider":"x"}])"}};
  for (const auto& [status, body] : failures) {
    original.answer(status, body);
    // The next answer but one is asked for after the next was read.
    const int asked = original.asked();
    ASSERT_TRUE(eventually([&] { return original.asked() >= asked + 2; }));
    EXPECT_EQ(shown(sink), before) << body;
    before = fmt::format("Amazon/c{} LOW", asked);
    original.answer(200, fmt::format(R"([{{"provider":"Amazon","name":"c{}","availability":"LOW"}}])", asked));
    EXPECT_TRUE(shows(sink, before)) << "when it works again";
  }
}

/// A service whose streams end after a while, or that fails, as the test says. Notes when it was asked.
class Unsteady {
 public:
  explicit Unsteady(base::Runtime& runtime) : serving_(runtime, routes(), {}, [this] { streams_ = 0; }) {}

  base::Url url() const { return serving_.url(); }
  int asked() const { return asked_; }
  /// The next `count` requests get a stream that is well and ends in order after more than a second.
  void stream(int count) { streams_ = count; }
  /// From the end of the latest stream to the request after it.
  base::SteadyTime::duration pause() {
    const std::lock_guard lock(mutex_);
    return pause_;
  }

 private:
  http::Router routes() {
    http::Router router;
    router.add("GET", "/hardware/events", [this](const http::Request&) { return handle(); });
    return router;
  }
  asio::awaitable<http::Reply> handle() {
    ++asked_;
    const std::lock_guard lock(mutex_);
    if (ended_) pause_ = std::chrono::steady_clock::now() - *std::exchange(ended_, std::nullopt);
    http::Reply reply;
    reply.status = 500;
    if (streams_ > 0) {
      --streams_;
      reply.status = 200;
      reply.content_type = "text/event-stream";
      reply.stream = [this](http::StreamWriter& out) { return write(out); };
    }
    co_return reply;
  }
  asio::awaitable<void> write(http::StreamWriter& out) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    const auto end = std::chrono::steady_clock::now() + 1200ms;
    const auto comment = std::make_shared<const std::string>(": \n\n");
    while (std::chrono::steady_clock::now() < end) {
      std::vector<http::Text> parts(1, comment);
      if (!co_await out.write(std::move(parts))) co_return;
      co_await base::sleep(timer, 50ms);
    }
    const std::lock_guard lock(mutex_);
    ended_ = std::chrono::steady_clock::now();
  }

  std::atomic<int> asked_ = 0;
  std::atomic<int> streams_ = 0;
  std::mutex mutex_;
  std::optional<base::SteadyTime> ended_;
  base::SteadyTime::duration pause_ = base::SteadyTime::duration::max();
  Serving serving_;
};

TEST_F(ReaderTest, PausesBeginAnewAfterAStreamThatWasWell) {
  Unsteady service(runtime_);
  Sink sink(runtime_, {service.url()});
  // Its pauses have doubled to two seconds, less a half at most.
  ASSERT_TRUE(eventually([&] { return service.asked() >= 7; }));
  service.stream(5);
  EXPECT_TRUE(eventually([&] { return service.pause() < 1s; })) << "a busy machine may be late once, not each time";
}

TEST_F(ReaderTest, NobodyWaitsForASlowService) {
  Original original(runtime_, true);
  Sink sink(runtime_, {original.url()});
  ASSERT_TRUE(eventually([&] { return original.asked() == 1; }));
  EXPECT_FALSE(sink.board->filled());
  original.hurry();
  EXPECT_TRUE(shows(sink, "Amazon/c5 HIGH, Azure/H16mr LOW"));
}

TEST_F(ReaderTest, StopsInTheMiddleOfASlowAnswer) {
  Original original(runtime_, true);
  Sink sink(runtime_, {original.url()});
  ASSERT_TRUE(eventually([&] { return original.asked() == 1; }));
  // The end of the sink expects its reader to end, while the answer is still being made.
}

TEST_F(ReaderTest, StopsInAPauseWithoutAFurtherRequest) {
  Original original(runtime_);
  {
    ReaderOptions options = Sink::options({original.url()});
    options.poll_period = 1h;
    Sink sink(runtime_, std::move(options));
    ASSERT_TRUE(shows(sink, "Amazon/c5 HIGH, Azure/H16mr LOW"));
  }
  EXPECT_EQ(original.refused(), 1);
}

TEST_F(ReaderTest, ALoneServiceThatIsAwayIsAskedAfterPauses) {
  const auto begin = std::chrono::steady_clock::now();
  Sink sink(runtime_, {{.host = "127.0.0.1", .port = 1, .prefix = ""}});
  ASSERT_TRUE(eventually([&] { return sink.count("vacancy_feed_failures_total") >= 5; }));
  // 50, 100, 200 and 400 ms, each less a half at most.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 375ms);
  EXPECT_EQ(sink.count("vacancy_feed_retries_refused_total"), 0) << "there is nobody else to be tried at once";
}

}  // namespace
}  // namespace feed
