// The plan of a probe with more than one period, over hours of a clock that moves by hand: random watchers, changes and
// budgets.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "refresh/pace.hpp"
#include "support/fake_clock.hpp"
#include "support/memory_store.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kLook{2}, kTick{1};

/// One probe, with a database whose clock moves by hand.
class World {
 public:
  World(config::ProbeConfig probe, std::size_t profiles, std::uint32_t seed) : probe_(std::move(probe)), random_(seed) {
    for (const config::Budget& budget : probe_.limits()) limits_.push_back({budget.calls, budget.window});
    for (std::size_t i = 0; i < profiles; ++i) {
      ids_.push_back(store_.add({"p", std::to_string(i)})->id);
      const store::Assignment assignment{ids_.back(), probe_.name, probe_.longest_period()};
      store_.assign({&assignment, 1});
    }
    rule_ = {.ttl = probe_.longest_period(), .grace = 0s, .expire_after = probe_.effective_expire_after()};
  }

  /// Lets so much time pass. `live` is called before each look, with the profiles that are watched.
  void pass(base::Duration time, const std::function<void(Watched&)>& live = [](Watched&) {}, double changing = 0) {
    for (const base::Time end = now() + time; now() < end; clock_.advance(kTick)) {
      if (now().time_since_epoch() % kLook == 0s) {
        live(watched_);
        look();
      }
      run(changing);
    }
  }

  base::Time now() const { return clock_.wall_now(); }
  std::mt19937& random() { return random_; }
  const std::vector<core::ProfileId>& ids() const { return ids_; }
  /// When a profile's runs began.
  std::map<core::ProfileId, std::vector<base::Time>> runs;

 private:
  void look() {
    const core::Snapshot rows(store_.load().rows);
    const auto all = demanded_of({&probe_, 1}, rows, std::make_shared<const Watched>(watched_), now());
    pace_ = all.at(probe_.name).pace;
    store_.hasten(probe_.name, false, all.at(probe_.name).late, pace_.rule);
  }

  void run(double changing) {
    store::Wanted wanted{probe_.name, "me", 100, 15s, limits_};
    if (!limits_.empty()) wanted.promise = store::Promise{.rate = pace_.promised, .retry = pace_.rule.min};
    for (const store::Claim& claim : store_.claim(wanted).claims) {
      const core::ProfileId id = claim.profiles.front().id;
      runs[id].push_back(now());
      if (std::bernoulli_distribution(changing)(random_)) levels_[id] = !levels_[id];
      core::Measurement measured;
      measured.level = levels_[id] ? core::Level::high : core::Level::low;
      const store::Outcome outcome{.task = claim.task,
                                   .token = claim.token,
                                   .findings = {{claim.profiles.front(), measured}},
                                   .rule = rule_,
                                   .refresh = pace_.rule,
                                   .watched = watched_.contains(id)};
      EXPECT_TRUE(store_.finish({&outcome, 1}).empty());
    }
  }

  config::ProbeConfig probe_;
  std::mt19937 random_;
  support::FakeClock clock_;
  support::MemoryStore store_{clock_};
  std::vector<store::Limit> limits_;
  std::vector<core::ProfileId> ids_;
  core::FreshnessRule rule_{};
  Pace pace_ = cautious_pace(probe_);
  Watched watched_;
  std::map<core::ProfileId, bool> levels_;
};

/// The longest and the shortest time between two runs of a profile.
std::pair<base::Duration, base::Duration> gaps(const World& world) {
  base::Duration longest{0}, shortest = base::Duration::max();
  for (const auto& [id, times] : world.runs) {
    for (std::size_t i = 1; i < times.size(); ++i) {
      longest = std::max(longest, times[i] - times[i - 1]);
      shortest = std::min(shortest, times[i] - times[i - 1]);
    }
    longest = std::max(longest, world.now() - times.back());
  }
  return {longest, shortest};
}

/// The most runs in any such window.
std::size_t most_in(const World& world, base::Duration window) {
  std::vector<base::Time> all;
  for (const auto& [id, times] : world.runs) all.insert(all.end(), times.begin(), times.end());
  std::ranges::sort(all);
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < all.size(); ++last) {
    while (all[first] <= all[last] - window) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

TEST(PaceProperty, NeverMoreOftenThanMinNorLaterThanMaxNorMoreThanTheBudget) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](int least, int most) { return std::uniform_int_distribution(least, most)(random); };
    const base::Duration min = pick(5, 60) * 1s, max = min * pick(2, 20), window = pick(1, 60) * 1min;
    const int profiles = pick(1, 25);
    // From what is promised, with the tenth that is not planned for, to four times as much.
    const double promised = profiles * std::chrono::duration<double>(window) / std::chrono::duration<double>(max);
    const auto calls = static_cast<std::uint64_t>(std::ceil(promised / 0.9 * (1 + pick(0, 30) / 10.0))) + 1;
    config::ProbeConfig probe{.name = "metered", .refresh = {.min = min, .max = max}};
    if (seed % 8 != 0) probe.budget = {{calls, window}};
    World world(probe, static_cast<std::size_t>(profiles), seed);
    // Tabs open and close; now and then somebody looks at one profile after the other, as fast as it goes.
    const bool hostile = seed % 3 == 0;
    std::size_t next = 0;
    const auto live = [&](Watched& watched) {
      if (hostile) watched = {world.ids()[next++ % world.ids().size()]};
      if (!hostile && pick(1, 10) == 1) {
        const auto id = world.ids()[static_cast<std::size_t>(pick(0, profiles - 1))];
        if (!watched.insert(id).second) watched.erase(id);
      }
    };
    // All begin together, which no limit allows; from then on they are spread.
    world.pass(4 * std::max(max, window));
    for (auto& [id, times] : world.runs) times = {times.back()};
    world.pass(3 * std::max(max, window) + 20min, live, pick(0, 3) / 10.0);
    const auto [longest, shortest] = gaps(world);
    const std::string about = fmt::format("seed {}: {} profiles, {} s to {} s, {} runs in {} s", seed, profiles,
                                          min / 1s, max / 1s, calls, window / 1s);
    EXPECT_EQ(world.runs.size(), static_cast<std::size_t>(profiles)) << about;
    EXPECT_GE(shortest, min) << about;
    // A claim each second; the other runs of its moment may have to leave the window first.
    EXPECT_LE(longest, max + max / 10 + kTick) << about;
    if (!probe.budget.empty()) EXPECT_LE(most_in(world, window), calls) << about;
  }
}

TEST(PaceProperty, AWatchedProfileIsMeasuredFiveTimesAsOftenWithinAFullBudget) {
  // 20 profiles are promised 80 runs in an hour; 128 are allowed.
  World world({.name = "metered", .refresh = {.min = 30s, .max = 15min}, .budget = {{128, 1h}}}, 20, 7);
  world.pass(1h);
  world.runs.clear();
  const auto watched = world.ids().front();
  world.pass(4h, [&](Watched& all) { all = {watched}; });
  std::size_t most = 0;
  for (const auto& [id, times] : world.runs)
    if (id != watched) most = std::max(most, times.size());
  EXPECT_GE(world.runs[watched].size(), 5 * most);
  EXPECT_LE(most_in(world, 1h), 128U);
  EXPECT_LE(gaps(world).first, 15min + kTick);
  RecordProperty("watched", static_cast<int>(world.runs[watched].size()));
  RecordProperty("others", static_cast<int>(most));
}

TEST(PaceProperty, WhatIsNoLongerWatchedIsMeasuredLessAgain) {
  World world({.name = "metered", .refresh = {.min = 30s, .max = 15min}}, 2, 7);
  world.pass(30min);
  const auto watched = world.ids().front();
  world.runs.clear();
  world.pass(1h, [&](Watched& all) { all = {watched}; });
  EXPECT_GE(world.runs[watched].size(), 119U);
  world.runs.clear();
  world.pass(1h, [](Watched& all) { all.clear(); });
  EXPECT_LE(world.runs[watched].size(), 5U);
}

}  // namespace
}  // namespace refresh
