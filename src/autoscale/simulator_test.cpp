// The autoscaler beside a service that does not exist: load comes as a trace says, replicas take their time to start.
#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <random>

#include "autoscale/sampler.hpp"
#include "autoscale/scaler.hpp"

namespace autoscale {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::Ge;
using testing::Le;

constexpr double kTarget = 40;
constexpr double kTolerance = 0.1;
constexpr auto kTick = 15s;

/// Requests a second, at a second.
using Load = std::function<double(double)>;

class Simulator {
 public:
  explicit Simulator(Load load, base::Duration rate_window = kTick)
      : load_(std::move(load)), sampler_({.name = "requests"}, rate_window) {
    spec_.maxReplicas = 20;
    spec_.metrics = {{.type = "Pods",
                      .source = {.metric = {.name = "requests"},
                                 .target = {.averageValue = config::Quantity{std::int64_t(kTarget * 1000)}}}}};
  }

  config::AutoscalerSpec& spec() { return spec_; }

  /// Ticks for so long; returns the replicas after each tick.
  std::vector<std::size_t> run(std::chrono::seconds duration) {
    Scaler scaler(spec_);
    scaler.restore(history_);
    std::vector<std::size_t> replicas;
    for (const auto end = now_ + duration; now_ < end;) {
      for (int second = 0; second < kTick / 1s; ++second) pass_a_second();
      const Decision decision = scaler.decide({.current = current_, .metrics = {sampler_.take(scrape(), current_)}},
                                              base::SteadyTime(1h + now_));
      if (decision.steps()) scaler.stepped(decision, base::SteadyTime(1h + now_));
      resize(decision.desired);
      replicas.push_back(current_);
      shortage_.push_back(needed(now_.count()) > double(current_));
    }
    history_ = scaler.history();
    return replicas;
  }

  /// Replicas that the load needs when each takes what the tolerance allows.
  double needed(double second) const { return std::ceil(load_(second) / (kTarget * (1 + kTolerance)) - 1e-9); }
  /// Whether there were too few after each tick.
  const std::vector<bool>& shortage() const { return shortage_; }
  std::size_t current() const { return current_; }
  /// The replicas that do not answer: by their place.
  std::function<bool(std::size_t)> silent = [](std::size_t) { return false; };
  /// How long a replica takes from the decision until it serves.
  std::chrono::seconds start = 5s;

 private:
  struct Replica {
    int id;
    std::chrono::seconds serves_from;
    double requests = 0;
  };

  void pass_a_second() {
    now_ += 1s;
    std::vector<Replica*> serving;
    for (Replica& replica : replicas_)
      if (replica.serves_from <= now_) serving.push_back(&replica);
    for (Replica* replica : serving) replica->requests += load_(double(now_.count())) / double(serving.size());
  }

  std::vector<Scraped> scrape() const {
    std::vector<Scraped> scraped;
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      const Replica& replica = replicas_[i];
      if (replica.serves_from > now_) continue;
      Scraped one{.replica = std::to_string(replica.id), .text = std::nullopt, .at = base::SteadyTime(1h + now_)};
      if (!silent(i)) one.text = fmt::format("# TYPE requests counter\nrequests {}\n", std::floor(replica.requests));
      scraped.push_back(std::move(one));
    }
    return scraped;
  }

  void resize(std::size_t replicas) {
    current_ = replicas;
    if (replicas_.size() > replicas) replicas_.resize(replicas, {});
    while (replicas_.size() < replicas) replicas_.push_back({next_id_++, now_ + start});
  }

  Load load_;
  config::AutoscalerSpec spec_;
  Sampler sampler_;
  History history_;
  std::chrono::seconds now_{0};
  std::size_t current_ = 1;
  int next_id_ = 1;
  std::vector<Replica> replicas_{{0, 0s}};
  std::vector<bool> shortage_;
};

std::size_t changes(const std::vector<std::size_t>& replicas) {
  std::size_t count = 0;
  for (std::size_t i = 1; i < replicas.size(); ++i) count += replicas[i] != replicas[i - 1] ? 1 : 0;
  return count;
}

/// Ticks in a row with too few replicas, at most.
std::size_t longest_shortage(const Simulator& simulator) {
  std::size_t longest = 0;
  std::size_t row = 0;
  for (const bool one : simulator.shortage()) longest = std::max(longest, row = one ? row + 1 : 0);
  return longest;
}

Load noisy(double mean, double share) {
  return [mean, share, random = std::make_shared<std::mt19937>(7)](double) {
    return mean * (1 + std::uniform_real_distribution(-share, share)(*random));
  };
}

TEST(Simulator, AStepIsFollowedWithinTwoTicksAndNotBeyond) {
  Simulator simulator([](double second) { return second > 300 && second <= 900 ? 200 : 20; });
  const auto replicas = simulator.run(1500s);
  EXPECT_THAT(replicas, Each(AllOf(Ge(1U), Le(5U))));
  // The tick of the step sees a part of it.
  EXPECT_EQ(replicas[19], 1U);
  EXPECT_EQ(replicas[21], 5U);
  EXPECT_EQ(replicas[59 + 19], 5U) << "the window of five minutes";
  EXPECT_EQ(replicas[59 + 20], 1U);
  EXPECT_LE(changes(replicas), 3U);
  EXPECT_LE(longest_shortage(simulator), 2U);
}

TEST(Simulator, RequestsThatMoveToNewReplicasAreNoMoreThanBefore) {
  for (auto start = 1s; start < 40s; start += 1s) {
    Simulator simulator([](double second) { return second > 300 ? 110 : 20; }, 2 * kTick);
    simulator.start = start;
    EXPECT_THAT(simulator.run(600s), Each(Le(3U))) << start.count() << " s until a replica serves";
  }
}

TEST(Simulator, ARampIsFollowedATickBehind) {
  Simulator simulator([](double second) { return std::min(20 + second / 3, 400.0); });
  const auto replicas = simulator.run(1800s);
  EXPECT_TRUE(std::ranges::is_sorted(replicas));
  EXPECT_EQ(replicas.back(), 10U);
  EXPECT_LE(longest_shortage(simulator), 1U);
}

TEST(Simulator, ASpikeIsServedAndThenGivenUpOnce) {
  Simulator simulator([](double second) { return second > 600 && second <= 630 ? 600 : 30; });
  const auto replicas = simulator.run(1200s);
  EXPECT_GE(*std::ranges::max_element(replicas), 5U);
  EXPECT_LE(*std::ranges::max_element(replicas), 15U);
  EXPECT_EQ(replicas.back(), 1U);
  EXPECT_LE(changes(replicas), 4U) << "up in steps, down at once";
}

TEST(Simulator, NightAndDay) {
  // A day of four hours, so that a tick is a larger part of it.
  Simulator simulator([](double second) { return 210 + 190 * std::sin(second * 2 * M_PI / (4 * 3600)); });
  const auto replicas = simulator.run(8h);
  EXPECT_LE(longest_shortage(simulator), 1U);
  EXPECT_EQ(*std::ranges::max_element(replicas), 10U);
  EXPECT_EQ(*std::ranges::min_element(replicas), 1U);
  EXPECT_LE(changes(replicas), 4 * 2 * 10U) << "each number is passed twice a day, and noise adds little";
}

TEST(Simulator, ConstantLoadWithNoiseChangesNothing) {
  for (const double mean : {20.0, 50.0, 100.0, 118.0, 122.0, 200.0, 390.0}) {
    Simulator simulator(noisy(mean, 0.1));
    simulator.run(1h);
    const auto replicas = simulator.run(2h);
    EXPECT_EQ(changes(replicas), 0U) << mean << " requests/s";
    EXPECT_EQ(longest_shortage(simulator) > 4, false);
  }
}

TEST(Simulator, AReplicaThatHangsIsNoReasonToGoDown) {
  Simulator simulator([](double) { return 150; });
  simulator.run(300s);
  ASSERT_EQ(simulator.current(), 4U);
  simulator.silent = [](std::size_t place) { return place == 1; };
  EXPECT_THAT(simulator.run(1800s), Each(4U));
  simulator.silent = [](std::size_t place) { return place != 1; };
  EXPECT_THAT(simulator.run(1800s), Each(4U)) << "one of four answers";
}

TEST(Simulator, WithoutMetricsNothingChanges) {
  Simulator simulator([](double second) { return second < 600 ? 150 : 1; });
  simulator.run(600s);
  ASSERT_EQ(simulator.current(), 4U);
  simulator.silent = [](std::size_t) { return true; };
  EXPECT_THAT(simulator.run(3600s), Each(4U));
  simulator.silent = [](std::size_t) { return false; };
  simulator.run(900s);
  EXPECT_EQ(simulator.current(), 1U) << "it goes on by itself";
}

TEST(Simulator, SlowStartsAreWaitedFor) {
  Simulator simulator([](double second) { return second > 60 ? 200 : 20; });
  simulator.start = 120s;
  const auto replicas = simulator.run(900s);
  EXPECT_EQ(*std::ranges::max_element(replicas), 5U) << "those that are not there yet count as idle";
}

TEST(Simulator, ARestartTakesNoStepBack) {
  Simulator simulator([](double second) { return second < 600 ? 200 : 100; });
  simulator.run(600s);
  ASSERT_EQ(simulator.current(), 5U);
  // Each run is a new process that reads the state of the one before.
  for (int i = 0; i < 19; ++i) EXPECT_EQ(simulator.run(kTick).back(), 5U);
  simulator.run(60s);
  EXPECT_EQ(simulator.current(), 3U);
}

}  // namespace
}  // namespace autoscale
