// A reader with several replicas, some of which are dead, hung, silent or broken.

#include <gtest/gtest.h>

#include "feed/reader.hpp"
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

constexpr auto kEjections = "vacancy_feed_ejections_total";
constexpr auto kFailures = "vacancy_feed_failures_total";
constexpr auto kRefused = "vacancy_feed_retries_refused_total";
/// Each pick is random: after so many trials every replica was the first one.
constexpr int kTrials = 100;

asio::awaitable<base::Result<http::Places>> found(http::Places places) {
  co_return places;
}

class FailoverTest : public testing::Test {
 protected:
  FailoverTest() { runtime_.start(); }

  std::unique_ptr<Serving> serve(Source& source, std::string address = "127.0.0.1", std::uint16_t port = 0) {
    const http::ServerOptions options{{.address = std::move(address), .port = port}};
    return std::make_unique<Serving>(runtime_, source.routes(), options, source.end());
  }
  /// Nobody listens there.
  static base::Url dead(int number) { return {.host = fmt::format("127.0.1.{}", number), .port = 1, .prefix = ""}; }

  static ReaderOptions impatient(ReaderOptions options) {
    options.silence = 1s;
    return options;
  }

  /// Readers of `bad` and of a good replica, until one of them began with the bad one, and left it.
  void is_left(const base::Url& bad, const std::function<ReaderOptions(ReaderOptions)>& with = std::identity()) {
    Source good(runtime_, 20ms);
    good.board.fill(many_rows(3));
    const auto server = serve(good);
    for (int trial = 0; trial < kTrials; ++trial) {
      Sink sink(runtime_, with(Sink::options({bad, server->url()})));
      ASSERT_TRUE(sink.shows(good.board));
      if (sink.count(kEjections) == 0) continue;
      EXPECT_EQ(sink.count(kEjections), 1);
      EXPECT_EQ(sink.count(kFailures), 1);
      return;
    }
    FAIL() << "the bad one was never picked first";
  }

  base::Runtime runtime_{2};
};

TEST_F(FailoverTest, ADeadReplicaIsLeft) {
  is_left(dead(1));
}

TEST_F(FailoverTest, AReplicaThatAcceptsAndNeverAnswersIsLeft) {
  asio::io_context context;
  const asio::ip::tcp::acceptor hung(context, {asio::ip::make_address("127.0.0.2"), 0});
  is_left({.host = "127.0.0.2", .port = hung.local_endpoint().port(), .prefix = ""}, impatient);
}

TEST_F(FailoverTest, AReplicaThatFailsIsLeft) {
  for (const int status : {500, 503}) {
    std::atomic<int> polled = 0;
    http::Router router;
    router.add("GET", "/hardware/", [&polled, status](const http::Request&) -> asio::awaitable<http::Reply> {
      ++polled;
      http::Reply reply;
      reply.status = status;
      co_return reply;
    });
    router.add("GET", "/hardware/events", [status](const http::Request&) -> asio::awaitable<http::Reply> {
      http::Reply reply;
      reply.status = status;
      co_return reply;
    });
    const Serving broken(runtime_, router);
    is_left(broken.url());
    EXPECT_EQ(polled, 0) << "it has events, only not now";
  }
}

TEST_F(FailoverTest, AnotherReplicaGoesOnWhereASilentOneWasLeft) {
  Source silent(runtime_, 1h);
  silent.board.fill(many_rows(10));
  Source good(runtime_, 20ms);
  good.board.fill(many_rows(10));
  good.board.put(measured_row(1, "000001", 11, core::Level::low));
  const auto first = serve(silent);
  const auto second = serve(good, "127.0.0.2");
  for (int trial = 0; trial < kTrials; ++trial) {
    Sink sink(runtime_, impatient(Sink::options({first->url(), second->url()})));
    ASSERT_TRUE(eventually([&] { return sink.board.state()->filled; }));
    const auto before = sink.board.state();
    ASSERT_TRUE(sink.shows(good.board));
    if (before->version.revision == 11) continue;
    const auto unchanged = [](const board::State& state) { return state.snapshot.find({"p", "000002"}); };
    EXPECT_EQ(unchanged(*sink.board.state()), unchanged(*before)) << "only what changed was sent";
    EXPECT_EQ(sink.count(kEjections), 1);
    return;
  }
  FAIL() << "the silent one was never picked first";
}

TEST_F(FailoverTest, AStreamThatEndsOrderlyGoesOnAtAnotherAddressWithoutAFailure) {
  std::vector<std::unique_ptr<Source>> sources;
  std::vector<std::unique_ptr<Serving>> servers;
  http::Places places;
  for (int i = 1; i <= 3; ++i) {
    const std::string address = fmt::format("127.0.0.{}", i);
    sources.push_back(std::make_unique<Source>(runtime_));
    sources.back()->board.fill(many_rows(10));
    servers.push_back(serve(*sources.back(), address));
    places.emplace_back(1, http::Endpoint(asio::ip::make_address(address), servers.back()->port()));
  }
  ReaderOptions options = Sink::options({{.host = "hardware", .port = 5001, .prefix = ""}});
  options.resolve = [places](base::Url) { return found(places); };
  Sink sink(runtime_, std::move(options));
  ASSERT_TRUE(sink.shows(sources[0]->board));
  const auto unchanged = sink.board.state()->snapshot.find({"p", "000002"});
  const auto followed = std::ranges::find_if(sources, [](const auto& source) { return source->streams() > 0; });
  servers[static_cast<std::size_t>(followed - sources.begin())].reset();
  sources.erase(followed);
  for (auto& source : sources) source->board.put(measured_row(1, "000001", 11, core::Level::low));
  EXPECT_TRUE(sink.shows(sources[0]->board));
  EXPECT_EQ(sink.board.state()->snapshot.find({"p", "000002"}), unchanged) << "only what changed was sent";
  EXPECT_EQ(sink.count(kFailures), 0);
  EXPECT_EQ(sink.count(kEjections), 0);
}

TEST_F(FailoverTest, AfterManyFailuresInARowItPauses) {
  std::vector<base::Url> urls;
  for (int i = 1; i <= 15; ++i) urls.push_back(dead(i));
  Sink sink(runtime_, urls);
  EXPECT_TRUE(eventually([&] { return sink.count(kRefused) >= 2; }));
  EXPECT_GE(sink.count(kEjections), 12) << "ten at once, and the pauses";
}

TEST_F(FailoverTest, WhenAllAreDeadItTriesOnUntilOneIsBack) {
  Source source(runtime_);
  source.board.fill(many_rows(3));
  const std::uint16_t port = serve(source)->port();
  Source later(runtime_);
  later.board.fill(many_rows(3));
  Sink sink(runtime_, {dead(1), dead(2), {.host = "127.0.0.1", .port = port, .prefix = ""}});
  ASSERT_TRUE(eventually([&] { return sink.count(kEjections) >= 5; }));
  const auto server = serve(later, "127.0.0.1", port);
  EXPECT_TRUE(sink.shows(later.board));
}

}  // namespace
}  // namespace feed
