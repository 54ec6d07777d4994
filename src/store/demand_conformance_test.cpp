// Wanted profiles, and the tasks of probes with more than one period, over every kind of store.
#include <gmock/gmock.h>

#include <numeric>

#include "support/rows.hpp"
#include "support/store_harness.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using core::DueReason;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class DemandTest : public StoreTest {
 protected:
  static constexpr core::RefreshRule kPeriods{.min = 30s, .max = 10min};

  Outcome paced(const Claim& claim, core::Level level = core::Level::high) {
    Outcome outcome = success(claim, level);
    outcome.refresh = kPeriods;
    return outcome;
  }
  void hasten(core::ProfileId id, const core::RefreshRule& rule = kPeriods) {
    store().hasten("p", false, {&id, 1}, rule);
  }
  /// Ends a run of each profile, so that their first periods are over.
  void run_all() {
    for (const Claim& claim : claim().claims) finish(paced(claim));
  }
  void past_phase() {
    run_all();
    clock_.advance(kPeriods.max);
    run_all();
  }
  Claimed claim_besides(double promised, const std::vector<Limit>& limits, std::size_t count = 10) {
    Wanted wanted{"p", "a", count, kLease, limits};
    wanted.promise = Promise{.rate = promised, .retry = 30s};
    return store().claim(wanted);
  }
};

TEST_P(DemandTest, AProfileIsWantedForAWhile) {
  const std::vector<core::ProfileId> two{add("a", "1"), add("a", "2")};
  store().want(two, 45s);
  EXPECT_THAT(store().wanted(), ElementsAre(two[0], two[1]));
  clock_.advance(30s);
  store().want(std::span(two).first(1), 45s);
  clock_.advance(20s);
  EXPECT_THAT(store().wanted(), ElementsAre(two[0]));
  clock_.advance(45s);
  EXPECT_THAT(store().wanted(), IsEmpty());
}

TEST_P(DemandTest, NoMoreAreWantedThanThereMayBe) {
  std::vector<core::ProfileId> many(kMostWanted);
  std::iota(many.begin(), many.end(), 1);
  store().want(many, 45s);
  EXPECT_THAT(store().wanted(), SizeIs(kMostWanted));
  const core::ProfileId other = kMostWanted + 1, known = 5;
  store().want({&other, 1}, 45s);
  EXPECT_THAT(store().wanted(), SizeIs(kMostWanted));
  clock_.advance(40s);
  store().want({&known, 1}, 45s);
  clock_.advance(10s);
  EXPECT_THAT(store().wanted(), ElementsAre(known)) << "a known one may stay";
}

TEST_P(DemandTest, AQuietProfileIsDueAfterTheLongestPeriodAndSaysSo) {
  const auto id = add_assigned("c5");
  past_phase();
  ASSERT_TRUE(row(id)->next);
  EXPECT_EQ(*row(id)->next, (core::NextRun{now() + 10min, DueReason::quiet}));
  EXPECT_EQ(claim().next_due, now() + 10min);
}

TEST_P(DemandTest, OneThatChangedIsDueSooner) {
  const auto id = add_assigned("c5");
  past_phase();
  clock_.advance(10min);
  finish(paced(claim_one(), core::Level::low));
  EXPECT_EQ(*row(id)->next, (core::NextRun{now() + 30s, DueReason::changed}));
  clock_.advance(30s);
  Outcome failed = failure(claim_one(), "no answer");
  failed.refresh = kPeriods;
  finish(failed);
  EXPECT_EQ(*row(id)->next, (core::NextRun{now() + 30s, DueReason::changed})) << "a failure says nothing about that";
}

TEST_P(DemandTest, APeriodCountsFromTheStartOfTheRun) {
  const auto id = add_assigned("c5");
  past_phase();
  clock_.advance(10min);
  Outcome outcome = paced(claim_one());
  clock_.advance(8s);
  outcome.took = 5s;
  outcome.ended_ago = 3s;
  outcome.watched = true;
  finish(outcome);
  EXPECT_EQ(*row(id)->next, (core::NextRun{now() - 8s + 30s, DueReason::watched}));
}

TEST_P(DemandTest, ARunThatTakesLongerThanItsPeriodIsDueWhenItEnds) {
  const auto id = add_assigned("c5");
  past_phase();
  clock_.advance(10min);
  Outcome outcome = paced(claim_one());
  clock_.advance(50s);
  outcome.took = 48s;
  outcome.ended_ago = 2s;
  outcome.watched = true;
  finish(outcome);
  EXPECT_EQ(*row(id)->next, (core::NextRun{now() - 2s, DueReason::watched}));
  EXPECT_THAT(claim().claims, SizeIs(1));
}

TEST_P(DemandTest, AfterAnotherProbeItIsNotKnownWhenItIsDue) {
  const auto id = add_assigned("c5");
  run_all();
  ASSERT_TRUE(row(id)->next);
  assign(id, "q");
  EXPECT_FALSE(row(id)->next);
}

TEST_P(DemandTest, ARunWithOnePeriodForAllSaysNoMoreWhenItIsDue) {
  const auto id = add_assigned("c5");
  past_phase();
  clock_.advance(10min);
  finish(success(claim_one()));
  EXPECT_FALSE(row(id)->next);
}

TEST_P(DemandTest, AWatchedProfileIsBroughtForward) {
  const auto id = add_assigned("c5"), other = add_assigned("c6");
  past_phase();
  clock_.advance(10s);
  const auto seen = revision();
  hasten(id);
  EXPECT_EQ(*row(id)->next, (core::NextRun{now() + 20s, DueReason::watched})) << "not sooner than the shortest period";
  EXPECT_EQ(row(other)->next->reason, DueReason::quiet);
  EXPECT_THAT(store().poll(seen).change.rows, SizeIs(1));
  EXPECT_EQ(claim().next_due, now() + 20s);
  clock_.advance(3min);
  hasten(other);
  EXPECT_EQ(*row(other)->next, (core::NextRun{now(), DueReason::watched})) << "nor before now";
  EXPECT_THAT(claim().claims, SizeIs(2));
}

TEST_P(DemandTest, NothingIsPutOff) {
  const auto id = add_assigned("c5");
  past_phase();
  hasten(id);
  const auto seen = revision();
  hasten(id, {.min = 1min, .max = 10min});
  hasten(id);
  EXPECT_TRUE(quiet_since(seen));
  EXPECT_EQ(row(id)->next->due, now() + 30s);
}

TEST_P(DemandTest, ARunUnderWayIsLeftAlone) {
  const auto id = add_assigned("c5");
  past_phase();
  clock_.advance(10min);
  const Claim claimed = claim_one();
  hasten(id);
  EXPECT_TRUE(finish(paced(claimed)).empty());
}

TEST_P(DemandTest, ABatchIsBroughtForwardAsAWhole) {
  store().prepare("b", kPeriods.max, true);
  const std::vector<core::ProfileId> ids{add("a", "1"), add("a", "2")};
  const std::vector<Assignment> assignments{{ids[0], "b", kPeriods.max, true}, {ids[1], "b", kPeriods.max, true}};
  store().assign(assignments);
  const auto run = [&](core::Level second) {
    const auto claims = claim(1, "a", "b").claims;
    ASSERT_THAT(claims, SizeIs(1));
    Outcome outcome = paced(claims[0]);
    for (Finding& finding : outcome.findings)
      if (finding.profile.id == ids[1]) finding.result->level = second;
    EXPECT_THAT(finish(outcome), IsEmpty());
  };
  run(core::Level::high);
  clock_.advance(kPeriods.max);
  run(core::Level::high);
  EXPECT_EQ(*row(ids[0])->next, (core::NextRun{now() + 10min, DueReason::quiet}));
  clock_.advance(1min);
  store().hasten("b", true, std::span(ids).first(1), kPeriods);
  for (const auto id : ids) EXPECT_EQ(*row(id)->next, (core::NextRun{now(), DueReason::watched}));
  run(core::Level::low);
  for (const auto id : ids) EXPECT_EQ(*row(id)->next, (core::NextRun{now() + 30s, DueReason::changed}));
}

TEST_P(DemandTest, WhatWasPromisedGoesFirst) {
  const auto early = add_assigned("c5");
  past_phase();
  clock_.advance(5min);
  const auto late = add_assigned("c6");
  hasten(early);
  clock_.advance(1min);
  const Claimed claimed = claim_besides(0, {{100, 1h}}, 1);
  ASSERT_THAT(claimed.claims, SizeIs(1));
  EXPECT_EQ(claimed.claims[0].profiles.front().id, late) << "although the other one has waited as long";
}

TEST_P(DemandTest, NoNumberOfEarlyRunsHidesOneThatMust) {
  std::vector<core::ProfileId> early;
  for (int i = 0; i < 9; ++i) early.push_back(add_assigned(std::to_string(i)));
  past_phase();
  clock_.advance(5min);
  store().hasten("p", false, early, kPeriods);
  clock_.advance(1min);
  const auto late = add_assigned("late");
  Wanted wanted{"p", "a", 1, kLease};
  wanted.promise = Promise{.rate = 1, .retry = 30s};
  const Claimed claimed = store().claim(wanted);
  ASSERT_THAT(claimed.claims, SizeIs(1));
  EXPECT_EQ(claimed.claims[0].profiles.front().id, late);
  wanted.count = 20;
  EXPECT_THAT(store().claim(wanted).claims, SizeIs(9)) << "without limits all early ones run, too";
}

TEST_P(DemandTest, EarlyRunsLeaveOthersWhatWasPromised) {
  const auto id = add_assigned("c5");
  past_phase();
  clock_.advance(5min);
  hasten(id);
  // All that an hour allows is promised.
  EXPECT_THAT(claim_besides(10.0 / 3600, {{10, 1h}}).claims, IsEmpty());
  EXPECT_THAT(claim_besides(0, {{10, 1h}}).claims, IsEmpty()) << "it is tried again later";
  EXPECT_EQ(*row(id)->next, (core::NextRun{now() + 30s, DueReason::budget})) << "and the page says so";
  EXPECT_EQ(claim_besides(0, {{10, 1h}}).next_due, now() + 30s);
  clock_.advance(30s);
  EXPECT_THAT(claim_besides(8.5 / 3600, {{10, 1h}}).claims, SizeIs(1));
}

TEST_P(DemandTest, ALimitThatRefillsSoonNeedsNoRoomForPromises) {
  std::vector<core::ProfileId> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(add_assigned(fmt::format("c{}", i)));
  past_phase();
  clock_.advance(5min);
  store().hasten("p", false, ids, kPeriods);
  Wanted wanted{"p", "a", 20, kLease, {{2, 1s}}};
  wanted.promise = Promise{.rate = 20.0 / 600, .retry = 30s, .patience = 5s};
  for (int second = 0; second < 10; ++second) {
    EXPECT_THAT(store().claim(wanted).claims, SizeIs(2)) << second;
    clock_.advance(1s + 20ms);
  }
}

TEST_P(DemandTest, AnEarlyRunIsPutOffUntilItMustAtMost) {
  const auto id = add_assigned("c5");
  past_phase();
  clock_.advance(5min);
  hasten(id);
  clock_.advance(4min + 50s);
  const Claimed claimed = claim_besides(10.0 / 3600, {{10, 1h}});
  EXPECT_THAT(claimed.claims, IsEmpty());
  EXPECT_EQ(claimed.next_due, now() + 10s);
  clock_.advance(10s);
  EXPECT_THAT(claim_besides(10.0 / 3600, {{10, 1h}}).claims, SizeIs(1));
}

TEST_P(DemandTest, AShorterLongestPeriodHoldsForEarlyRunsToo) {
  const auto id = add_assigned("c5");
  past_phase();
  hasten(id);
  store().prepare("p", 1min, false);
  clock_.advance(30s);
  EXPECT_THAT(claim_besides(10.0 / 3600, {{10, 1h}}).claims, SizeIs(1)) << "it is not early any more";
}

TEST_P(DemandTest, WhatMustRunDoes) {
  add_assigned("c5");
  past_phase();
  clock_.advance(10min);
  EXPECT_THAT(claim_besides(10.0 / 3600, {{10, 1h}}).claims, SizeIs(1));
}

TEST_P(DemandTest, RunsThatWillSoonBeForgottenLeaveRoom) {
  const std::vector<Limit> limits{{4, 12min}};
  const double promised = 1.0 / 360;
  const auto id = add_assigned("c5");
  past_phase();
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(store().spend("p", limits));
  clock_.advance(1min);
  hasten(id);
  // Until those two leave the window, in 11 min, nearly two more are promised.
  EXPECT_THAT(claim_besides(promised, limits).claims, IsEmpty());
  clock_.advance(8min + 30s);
  EXPECT_THAT(claim_besides(promised, limits).claims, SizeIs(1));
}

INSTANTIATE_TEST_SUITE_P(Stores, DemandTest, testing::ValuesIn(store_kinds()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace store
