
#include <gtest/gtest.h>

#include <set>

#include "base/runtime.hpp"
#include "probe/kinds.hpp"
#include "support/eventually.hpp"

namespace probe {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class SimulatedTest : public testing::TestWithParam<config::Work> {
 protected:
  SimulatedTest() { runtime_.start(); }

  std::unique_ptr<Probe> make(base::Duration duration, std::optional<std::uint64_t> seed = {}) {
    config::ProbeConfig config{
        .name = "test", .concurrency = 2, .simulated = {.duration = duration, .work = GetParam(), .seed = seed}};
    return make_probe(config, runtime_.background().get_executor());
  }
  std::future<Result> measure(Probe& probe, base::Duration timeout = 10s) {
    return support::start(
        runtime_.background(),
        first(probe, {&profile_, 1}, {.deadline = steady_clock::now() + timeout, .stop = stop_.get_token()}));
  }
  static boost::asio::awaitable<Result> first(Probe& probe, std::span<const core::Profile> profiles, Call call) {
    const Answer answer = co_await probe.measure(profiles, call);
    co_return answer.results.front();
  }

  base::Runtime runtime_{1};
  std::stop_source stop_;
  core::Profile profile_{.id = 7, .key = {"Amazon", "c5"}};
};

TEST_P(SimulatedTest, TakesItsWholeDurationAndPicksALevel) {
  const auto probe = make(30ms);
  std::set<core::Level> levels;
  for (int i = 0; i < 30; ++i) {
    const auto begin = steady_clock::now();
    const Result result = measure(*probe).get();
    EXPECT_GE(steady_clock::now() - begin, 30ms);
    levels.insert(result.value().level);
  }
  EXPECT_EQ(levels, (std::set{core::Level::low, core::Level::medium, core::Level::high}));
}

TEST_P(SimulatedTest, ASeedMakesTheLevelsRepeatable) {
  const auto levels = [&](std::uint64_t seed) {
    const auto probe = make(0ms, seed);
    std::vector<core::Level> out;
    for (int i = 0; i < 20; ++i) out.push_back(measure(*probe).get()->level);
    return out;
  };
  EXPECT_EQ(levels(1), levels(1));
  EXPECT_NE(levels(1), levels(2));
}

TEST_P(SimulatedTest, GivesUpAtTheDeadline) {
  const auto probe = make(30s);
  auto result = measure(*probe, 20ms);
  ASSERT_TRUE(support::ready(result));
  EXPECT_EQ(result.get().error(), "timed out after 30s");
}

TEST_P(SimulatedTest, AStopEndsMeasurementsUnderWayAndLaterOnes) {
  const auto probe = make(30s);
  auto under_way = measure(*probe, 60s);
  EXPECT_EQ(under_way.wait_for(20ms), std::future_status::timeout);
  support::on(runtime_.background(), [&] { stop_.request_stop(); });
  ASSERT_TRUE(support::ready(under_way));
  EXPECT_EQ(under_way.get().error(), "cancelled");
  auto later = measure(*probe, 60s);
  ASSERT_TRUE(support::ready(later));
  EXPECT_EQ(later.get().error(), "cancelled");
}

INSTANTIATE_TEST_SUITE_P(Work, SimulatedTest, testing::Values(config::Work::sleep, config::Work::cpu),
                         [](const auto& info) { return info.param == config::Work::sleep ? "Sleep" : "Cpu"; });

TEST(Concurrency, FitsTheWork) {
  EXPECT_EQ(concurrency({.name = "x", .concurrency = 1}), 1U);
  EXPECT_EQ(concurrency({.name = "x", .concurrency = 3}), 3U);
  EXPECT_EQ(concurrency({.name = "x"}), 10'000U);
  EXPECT_EQ(concurrency({.name = "x", .simulated = {.work = config::Work::cpu}}), std::thread::hardware_concurrency());
}

}  // namespace
}  // namespace probe
