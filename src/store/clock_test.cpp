// The database's clock steps: back, forward, and while nobody is there to see it.
#include <gmock/gmock.h>

#include "store/budget.hpp"
#include "store/open.hpp"
#include "support/database_test.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr core::FreshnessRule kRule{60s, 30s, 5min};
constexpr base::Duration kLease = 15s;
const std::vector<std::string> kProbes{"p"};

TEST(ClockWatch, NoticesStepsOfEitherDirectionOnce) {
  support::FakeClock clock;
  ClockWatch watch(clock);
  base::Duration ahead{0};
  const auto look = [&] { return watch.look([&] { return clock.wall_now() + ahead; }); };
  EXPECT_EQ(look(), clock.wall_now());
  clock.advance(1h);
  look();
  EXPECT_FALSE(watch.take_steps()) << "time passes";
  ahead = -10min;
  EXPECT_EQ(look(), clock.wall_now() - 10min);
  look();
  const auto back = watch.take_steps();
  ASSERT_TRUE(back);
  EXPECT_EQ(back->count, 1U);
  EXPECT_EQ(back->by, -10min);
  EXPECT_FALSE(watch.take_steps()) << "it was told";
  EXPECT_FALSE(watch.stepped_forward(kLease));
  ahead = -5min;
  look();
  EXPECT_TRUE(watch.stepped_forward(kLease));
  clock.advance(kLease);
  EXPECT_FALSE(watch.stepped_forward(kLease));
  ahead = -6min;
  look();
  EXPECT_EQ(watch.take_steps()->count, 2U);
}

TEST(ClockWatch, TellsOfAllStepsTogether) {
  support::FakeClock clock;
  ClockWatch watch(clock);
  for (const base::Duration ahead : {0min, 10min, 3min}) watch.look([&] { return clock.wall_now() + ahead; });
  const auto steps = watch.take_steps();
  ASSERT_TRUE(steps);
  EXPECT_EQ(steps->count, 2U);
  EXPECT_EQ(steps->by, 3min) << "ten forward and seven back";
}

TEST(ClockWatch, ToleratesAnUnsteadyClockAndNoMore) {
  for (const base::Duration by : {kClockTolerance, -kClockTolerance}) {
    support::FakeClock clock;
    ClockWatch watch(clock);
    watch.look([&] { return clock.wall_now(); });
    watch.look([&] { return clock.wall_now() + by; });
    EXPECT_FALSE(watch.take_steps());
    watch.look([&] { return clock.wall_now() - (by > 0s ? 1us : -1us); });
    EXPECT_TRUE(watch.take_steps());
  }
}

TEST(ClockWatch, ASlowAnswerAndASlewAreNoSteps) {
  support::FakeClock clock;
  ClockWatch watch(clock);
  base::Duration ahead{0};
  const auto look = [&](base::Duration before, base::Duration after) {
    watch.look([&] {
      clock.advance(before);
      const base::Time now = clock.wall_now() + ahead;
      clock.advance(after);
      return now;
    });
  };
  look(0s, 0s);
  look(8s, 0s);
  look(0s, 8s);
  look(0s, 0s);
  for (int i = 0; i < 100; ++i) {
    ahead += 100ms;
    look(0s, 0s);
  }
  EXPECT_FALSE(watch.take_steps());
}

class ClockTest : public support::DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (IsSkipped()) return;
    migrate(*session());
    store_ = open();
    store_->load();
    store_->prepare("p", kRule.ttl, false);
  }
  std::unique_ptr<Store> open() {
    return open_migrated(2, [this] { return session(); }, clock_);
  }
  /// As NTP does, or a restored machine.
  void step(base::Duration by) { clock_.set_wall(clock_.wall_now() + by); }
  base::Time now() const { return clock_.wall_now(); }

  void add(int count) {
    std::vector<Assignment> assignments;
    for (int i = 0; i < count; ++i)
      assignments.push_back({store_->add({"Amazon", fmt::format("{:02}", added_++)})->id, "p", kRule.ttl});
    store_->assign(assignments);
  }
  static Claimed claim(Store& store, const std::string& owner = "a", std::size_t count = 10) {
    return store.claim({.probe = "p", .owner = owner, .count = count, .lease = kLease});
  }
  void finish(const std::vector<Claim>& claims) {
    std::vector<Outcome> outcomes;
    for (const Claim& claim : claims)
      outcomes.push_back({.task = claim.task,
                          .token = claim.token,
                          .findings = {{claim.profiles.front(), core::Measurement{.level = core::Level::high}}},
                          .rule = kRule});
    EXPECT_THAT(store_->finish(outcomes), IsEmpty());
  }
  /// Measures all, and a second time, so that what is due is spread.
  void settle(int count) {
    add(count);
    finish(claim(*store_).claims);
    clock_.advance(kRule.ttl);
    finish(claim(*store_).claims);
  }
  std::int64_t number(const std::string& statement) {
    const auto session = this->session();
    auto query = session->query(statement);
    return query.step() ? query.get<std::int64_t>(0) : -1;
  }
  base::Time latest_due() { return base::Time{base::Duration{number("SELECT MAX(due) FROM task")}}; }

  std::unique_ptr<Store> store_;
  int added_ = 0;
};

TEST_P(ClockTest, AStepBackIsPutRightByTheNextPoll) {
  settle(5);
  const auto seen = store_->load().version.revision;
  step(-10min);
  const Polled polled = store_->poll(seen);
  EXPECT_EQ(polled.clock_steps.count, 1U);
  EXPECT_EQ(polled.clock_steps.by, -10min);
  EXPECT_THAT(polled.change.rows, SizeIs(5));
  for (const auto& row : polled.change.rows) {
    EXPECT_EQ(row->reading->stale_at, now()) << "how old it is, nobody knows";
    EXPECT_EQ(row->reading->measured_at, now() - kRule.ttl - kRule.grace);
    EXPECT_EQ(row->reading->expires_at - row->reading->measured_at, kRule.expire_after);
  }
  const auto claims = claim(*store_).claims;
  EXPECT_THAT(claims, SizeIs(5)) << "measured anew at once";
  finish(claims);
  EXPECT_LE(latest_due(), now() + kRule.ttl);
  const auto later = store_->load().version.revision;
  EXPECT_EQ(store_->poll(later).clock_steps.count, 0U);
  EXPECT_TRUE(store_->poll(later).change.empty());
}

TEST_P(ClockTest, WhatAnAheadClockLeftIsPutRightByTheDataAlone) {
  settle(3);
  add(1);
  ASSERT_THAT(claim(*store_, "dead").claims, SizeIs(1));
  store_.reset();
  step(-10min);
  store_ = open();
  store_->load();
  store_->prepare("p", kRule.ttl, false);
  EXPECT_LE(latest_due(), now() + kRule.ttl);
  EXPECT_EQ(number("SELECT MAX(lease_until) FROM task"), (now() + kLease).time_since_epoch().count());
  for (const auto& row : store_->load().rows)
    if (row->reading) EXPECT_LE(row->reading->stale_at, now());
  EXPECT_THAT(claim(*store_).claims, SizeIs(3)) << "and the dead one's is not claimed before its lease is over";
  clock_.advance(kLease + 1us);
  EXPECT_THAT(claim(*store_, "b").claims, SizeIs(4));
}

TEST_P(ClockTest, ARunningProcessFindsTimesThatItsClockDidNotMake) {
  settle(4);
  session()->run("UPDATE task SET due = due + 600000000 WHERE id % 2 = 0");
  store_->backlogs(kProbes, false);
  store_->poll(0);
  EXPECT_LE(latest_due(), now() + kRule.ttl);
  clock_.advance(kRule.ttl);
  const auto claims = claim(*store_, "dead").claims;
  ASSERT_THAT(claims, SizeIs(4));
  session()->run("UPDATE task SET lease_until = lease_until + 600000000 WHERE id = ?", claims[0].task);
  store_->backlogs(kProbes, true);
  store_->poll(0);
  EXPECT_EQ(number("SELECT MAX(lease_until) FROM task"), (now() + kLease).time_since_epoch().count());
}

TEST_P(ClockTest, AReadingOfAClockThatIsALittleAheadIsLeftAlone) {
  add(2);
  finish(claim(*store_).claims);
  const auto id = store_->load().rows[0]->profile.id;
  session()->run(
      "UPDATE reading SET measured_at = measured_at + 600000000, stale_at = stale_at + 600000000 WHERE profile_id = ?",
      id);
  const base::Time measured = now();
  step(-kClockTolerance);
  store_->prepare("p", kRule.ttl, false);
  for (const auto& row : store_->load().rows) {
    if (row->profile.id == id)
      EXPECT_LT(row->reading->measured_at, now());
    else
      EXPECT_EQ(row->reading->measured_at, measured);
  }
}

TEST_P(ClockTest, AResultThatEndsLaterEndsNow) {
  add(1);
  const Claim held = claim(*store_).claims.at(0);
  const Outcome early{.task = held.task,
                      .token = held.token,
                      .findings = {{held.profiles.front(), core::Measurement{.level = core::Level::high}}},
                      .ended_ago = -1h,
                      .rule = kRule};
  EXPECT_THAT(store_->finish({&early, 1}), IsEmpty());
  EXPECT_EQ(store_->load().rows[0]->reading->measured_at, now());
}

TEST_P(ClockTest, ALeaseOfAnOlderProgramIsTakenForAnUsualOne) {
  add(1);
  ASSERT_THAT(claim(*store_, "old").claims, SizeIs(1));
  session()->execute_script("UPDATE task SET lease = 0, lease_until = lease_until + 600000000");
  store_->prepare("p", kRule.ttl, false);
  EXPECT_EQ(number("SELECT lease_until FROM task"), (now() + 15s).time_since_epoch().count());
}

TEST_P(ClockTest, ALongerLeaseOfAnotherReplicaIsLeftAlone) {
  add(2);
  const auto held = store_->claim({.probe = "p", .owner = "long", .count = 1, .lease = 10min}).claims;
  ASSERT_THAT(held, SizeIs(1));
  ASSERT_THAT(claim(*store_).claims, SizeIs(1));
  store_->backlogs(kProbes, true);
  store_->poll(0);
  store_->prepare("p", kRule.ttl, false);
  EXPECT_EQ(number("SELECT MAX(lease_until) FROM task"), (now() + 10min).time_since_epoch().count());
  EXPECT_THAT(store_->renew("long", held, 20min), IsEmpty());
  store_->prepare("p", kRule.ttl, false);
  EXPECT_EQ(number("SELECT MAX(lease_until) FROM task"), (now() + 20min).time_since_epoch().count());
}

TEST_P(ClockTest, ARepairRunsNothingTwice) {
  settle(3);
  clock_.advance(kRule.ttl);
  const auto running = claim(*store_, "a").claims;
  ASSERT_THAT(running, SizeIs(3));
  step(-10min);
  store_->poll(0);
  clock_.advance(kLease - 1s);
  EXPECT_THAT(claim(*store_, "b").claims, IsEmpty());
  EXPECT_THAT(store_->renew("a", running, kLease), IsEmpty());
  clock_.advance(kLease);
  EXPECT_THAT(claim(*store_, "b").claims, IsEmpty());
  finish(running);
}

TEST_P(ClockTest, AStepForwardTakesNoTaskFromAReplicaThatLives) {
  add(2);
  const auto running = claim(*store_, "a", 1).claims;
  ASSERT_THAT(running, SizeIs(1));
  const auto other = open();
  other->poll(0);
  step(10min);
  const Claimed claimed = claim(*other, "b");
  EXPECT_THAT(claimed.claims, SizeIs(1)) << "the one that nobody has";
  EXPECT_THAT(claim(*other, "b").claims, IsEmpty());
  EXPECT_THAT(store_->renew("a", running, kLease), IsEmpty());
  finish(running);
}

TEST_P(ClockTest, AStepForwardSparesTheLeasesOfTheDeadForOneLeaseOnly) {
  add(1);
  ASSERT_THAT(claim(*store_, "dead").claims, SizeIs(1));
  step(10min);
  EXPECT_THAT(claim(*store_, "b").claims, IsEmpty());
  clock_.advance(kLease);
  EXPECT_THAT(claim(*store_, "b").claims, SizeIs(1));
}

TEST_P(ClockTest, RunsFromTheFutureCountAsRunsOfNow) {
  const std::vector<Limit> limits{{2, 1h}};
  step(10min);
  EXPECT_TRUE(store_->spend("p", limits));
  EXPECT_TRUE(store_->spend("p", limits));
  step(-10min);
  EXPECT_FALSE(store_->spend("p", limits));
  clock_.advance(59min);
  EXPECT_FALSE(store_->spend("p", limits));
  clock_.advance(3min);
  EXPECT_TRUE(store_->spend("p", limits)) << "not an hour and ten minutes";
}

INSTANTIATE_DATABASE_TEST_SUITE(ClockTest);

}  // namespace
}  // namespace store
