// Properties of a probe as a whole: its one task when it is batched, its budgets, its discoveries; over every kind of
// store.
#include <gmock/gmock.h>

#include "support/store_harness.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class ProbeStoreTest : public StoreTest {
 protected:
  /// Profiles that the batched probe "p" measures.
  std::vector<core::ProfileId> add_batched(std::initializer_list<const char*> names) {
    store().prepare("p", kRule.ttl, true);
    std::vector<core::ProfileId> ids;
    for (const char* name : names) {
      ids.push_back(add("cluster", name));
      const Assignment assignment{ids.back(), "p", kRule.ttl, true};
      store().assign({&assignment, 1});
    }
    return ids;
  }
  Claimed claim_limited(std::size_t count, std::vector<Limit> limits, const std::string& owner = "a") {
    return store().claim({"p", owner, count, kLease, std::move(limits)});
  }
  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const auto& row : store().load().rows) names.push_back(row->profile.key.name);
    return names;
  }
};

TEST_P(ProbeStoreTest, ABatchedProbeHasOneTaskForAllItsProfiles) {
  const auto ids = add_batched({"batch", "gpu"});
  store().prepare("p", kRule.ttl, true);
  const auto claims = claim().claims;
  ASSERT_THAT(claims, SizeIs(1));
  EXPECT_TRUE(claims[0].batched);
  ASSERT_THAT(claims[0].profiles, SizeIs(2));
  EXPECT_EQ(claims[0].profiles[1], (core::Profile{ids[1], {"cluster", "gpu"}, {}}));
  EXPECT_THAT(claim(10, "b").claims, IsEmpty());
  EXPECT_THAT(renew(claims[0]), IsEmpty());
  Outcome outcome = success(claims[0]);
  outcome.findings[0].result = std::unexpected(std::string("unknown partition"));
  EXPECT_THAT(finish(outcome), IsEmpty());
  EXPECT_EQ(row(ids[0])->failure->error, "unknown partition");
  EXPECT_EQ(row(ids[1])->reading->level, core::Level::high);
  EXPECT_EQ(row(ids[0])->revision, row(ids[1])->revision) << "one run is one change";
  EXPECT_THAT(finish(outcome), ElementsAre(outcome.task)) << "twice";
}

TEST_P(ProbeStoreTest, OfTwoFindingsOfOneProfileTheFirstCounts) {
  const auto ids = add_batched({"batch", "gpu"});
  Outcome outcome = success(claim_one());
  outcome.findings.push_back({outcome.findings[0].profile, core::Measurement{.level = core::Level::low}});
  const auto seen = revision();
  EXPECT_THAT(finish(outcome), IsEmpty());
  EXPECT_EQ(row(ids[0])->reading->level, core::Level::high);
  EXPECT_THAT(store().poll(seen).change.rows, SizeIs(2)) << "each once";
}

TEST_P(ProbeStoreTest, WhatFailedIsDueWhenItsProbeIsPrepared) {
  const auto good = add("c", "good");
  const auto bad = add("c", "bad");
  for (const auto id : {good, bad}) assign(id, "p");
  for (const Claim& claimed : claim().claims) {
    Outcome outcome = success(claimed);
    if (outcome.findings[0].profile.id == bad) outcome.findings[0].result = std::unexpected(std::string("no"));
    finish(outcome);
  }
  ASSERT_THAT(claim().claims, IsEmpty());
  store().prepare("p", kRule.ttl, false);
  const auto claims = claim().claims;
  ASSERT_THAT(claims, SizeIs(1));
  EXPECT_EQ(claims[0].profiles[0].id, bad);
  store().prepare("p", kRule.ttl, false);
  EXPECT_THAT(claim(10, "b").claims, IsEmpty()) << "it runs";
}

TEST_P(ProbeStoreTest, ABatchThatFailedIsDueWhenItsProbeIsPrepared) {
  store().prepare("p", kRule.ttl, true);
  const auto is_due = [&] {
    const auto claims = claim().claims;
    store().release("a", claims);
    return !claims.empty();
  };
  const auto is_due_after = [&](bool failure) {
    Outcome outcome = success(claim_one());
    if (failure) outcome.findings[0].result = std::unexpected(std::string("no"));
    finish(outcome);
    EXPECT_FALSE(is_due());
    store().prepare("p", kRule.ttl, true);
    return is_due();
  };
  EXPECT_TRUE(is_due_after(false)) << "it may discover some";
  add_batched({"batch", "gpu"});
  EXPECT_TRUE(is_due_after(true));
  EXPECT_FALSE(is_due_after(false));
}

TEST_P(ProbeStoreTest, ANewProfileMakesABatchDue) {
  add_batched({"batch"});
  finish(success(claim_one()));
  EXPECT_THAT(claim().claims, IsEmpty());
  add_batched({"gpu"});
  ASSERT_THAT(claim().claims, SizeIs(1));
}

TEST_P(ProbeStoreTest, AProfileThatComesDuringARunMakesTheBatchDueWhenItEnds) {
  add_batched({"batch"});
  finish(success(claim_one()));
  clock_.advance(kRule.ttl);
  const Claim held = claim_one();
  add_batched({"gpu"});
  EXPECT_THAT(claim(10, "b").claims, IsEmpty()) << "one run at a time";
  clock_.advance(1s);
  EXPECT_THAT(finish(success(held)), IsEmpty());
  const Claim next = claim_one();
  EXPECT_THAT(next.profiles, SizeIs(2));
  finish(success(next));
  EXPECT_THAT(claim().claims, IsEmpty()) << "only one run more";
}

TEST_P(ProbeStoreTest, ABatchWritesOnlyWhatIsStillItsProbes) {
  const auto ids = add_batched({"kept", "renamed", "removed", "reassigned"});
  const Outcome outcome = success(claim_one());
  ASSERT_TRUE(store().replace(ids[1], {"cluster", "new"}));
  ASSERT_TRUE(store().remove(ids[2]));
  assign(ids[3], "q");
  EXPECT_THAT(finish(outcome), IsEmpty());
  EXPECT_TRUE(row(ids[0])->reading);
  EXPECT_FALSE(row(ids[1])->reading);
  EXPECT_FALSE(row(ids[2]));
  EXPECT_FALSE(row(ids[3])->reading);
}

TEST_P(ProbeStoreTest, ADiscoveredProfileThatIsRenamedIsSomebodysOwn) {
  const std::vector<core::ProfileKey> both{{"cluster", "batch"}, {"cluster", "gpu"}};
  store().discover("p", both);
  const auto id = store().find({"cluster", "gpu"})->id;
  ASSERT_TRUE(store().replace(id, {"cluster", "mine"}));
  store().discover("p", both);
  EXPECT_TRUE(store().find({"cluster", "mine"})) << "is not removed";
  EXPECT_TRUE(store().find({"cluster", "gpu"})) << "is discovered anew";
}

TEST_P(ProbeStoreTest, ABatchWithoutProfilesRunsAllTheSame) {
  store().prepare("p", kRule.ttl, true);
  const Claim held = claim_one();
  EXPECT_THAT(held.profiles, IsEmpty());
  EXPECT_THAT(finish(success(held)), IsEmpty());
  EXPECT_THAT(claim(10, "b").claims, IsEmpty()) << "not due";
  EXPECT_TRUE(claim().next_due);
}

TEST_P(ProbeStoreTest, AProbeMayBecomeBatchedAndBack) {
  const auto id = add_assigned("c5");
  const Claim old = claim_one();
  store().prepare("p", kRule.ttl, true);
  EXPECT_THAT(finish(success(old)), ElementsAre(old.task));
  const Claim batch = claim_one();
  ASSERT_TRUE(batch.batched);
  EXPECT_EQ(batch.profiles.front().id, id);
  store().prepare("p", kRule.ttl, false);
  EXPECT_THAT(finish(success(batch)), ElementsAre(batch.task));
  const Claim again = claim_one();
  EXPECT_FALSE(again.batched);
  EXPECT_EQ(again.profiles.front().id, id);
}

TEST_P(ProbeStoreTest, AShorterPeriodBringsABatchForward) {
  add_batched({"gpu"});
  Outcome outcome = success(claim_one());
  outcome.rule.ttl = 6h;
  finish(outcome);
  store().prepare("p", 1min, true);
  clock_.advance(1min);
  EXPECT_THAT(claim().claims, SizeIs(1));
}

TEST_P(ProbeStoreTest, LimitsHoldOverAllReplicas) {
  add_many(20);
  store().prepare("p", kRule.ttl, false);
  const std::vector<Limit> limits{{5, 60s}, {8, 1h}};
  const Claimed first = claim_limited(3, limits);
  EXPECT_THAT(first.claims, SizeIs(3));
  EXPECT_THAT(first.left, ElementsAre(2, 5));
  const Claimed second = claim_limited(10, limits, "b");
  EXPECT_THAT(second.claims, SizeIs(2));
  const Claimed third = claim_limited(10, limits);
  EXPECT_THAT(third.claims, IsEmpty());
  EXPECT_THAT(third.left, ElementsAre(0, 3));
  ASSERT_TRUE(third.next_due);
  EXPECT_GE(*third.next_due, now() + 59s);
  EXPECT_LE(*third.next_due, now() + 62s);
  clock_.advance(*third.next_due - now());
  EXPECT_THAT(claim_limited(10, limits).claims, SizeIs(3)) << "the hour's limit";
  EXPECT_GT(*claim_limited(10, limits).next_due, now() + 50min);
}

TEST_P(ProbeStoreTest, AProfileThatWasRenamedUnderABatchGetsNoReadingOfIt) {
  const auto ids = add_batched({"gpu", "batch"});
  store().prepare("p", kRule.ttl, true);
  const Claim claim = claim_one();
  ASSERT_TRUE(store().change(ids[0], {"cluster", "other"}, {}));
  const Assignment again{ids[0], "p", kRule.ttl, true};
  store().assign({&again, 1});
  EXPECT_THAT(finish(success(claim)), IsEmpty());
  EXPECT_FALSE(row(ids[0])->reading) << "it would be that of another name";
  EXPECT_TRUE(row(ids[1])->reading);
}

TEST_P(ProbeStoreTest, TheWindowThatIsFullForLongestIsWaitedFor) {
  add_many(2);
  store().prepare("p", kRule.ttl, false);
  const Limit minute{1, 60s}, hour{1, 1h};
  ASSERT_THAT(claim_limited(1, {minute, hour}).claims, SizeIs(1));
  EXPECT_GT(*claim_limited(1, {minute, hour}).next_due, now() + 50min);
  EXPECT_GT(*claim_limited(1, {hour, minute}).next_due, now() + 50min);
}

TEST_P(ProbeStoreTest, NoWindowHoldsMoreThanTheLimit) {
  add_many(200);
  store().prepare("p", 1s, false);
  const Limit limit{6, 7s};
  std::vector<base::Time> runs;
  for (int i = 0; i < 400; ++i) {
    for (const Claim& claim : claim_limited(2, {limit}, i % 2 == 0 ? "a" : "b").claims) {
      runs.push_back(now());
      finish(success(claim));
    }
    clock_.advance(130ms);
  }
  for (std::size_t i = limit.calls; i < runs.size(); ++i) EXPECT_GE(runs[i] - runs[i - limit.calls], limit.window);
  EXPECT_GE(runs.size(), 6U * 52 / 7 - 4) << "nearly all of the budget is used";
}

TEST_P(ProbeStoreTest, AnIdleProbeTellsWhatIsLeft) {
  store().prepare("p", kRule.ttl, false);
  EXPECT_THAT(claim_limited(1, {{5, 60s}}).left, ElementsAre(5));
  EXPECT_TRUE(store().spend("p", std::vector<Limit>{{1, 60s}}));
  EXPECT_FALSE(store().spend("p", std::vector<Limit>{{1, 60s}}));
  EXPECT_THAT(store().left("p", std::vector<Limit>{{1, 60s}}), ElementsAre(0));
  clock_.advance(62s);
  EXPECT_THAT(store().left("p", std::vector<Limit>{{1, 60s}}), ElementsAre(1)) << "asking spends nothing";
  EXPECT_THAT(store().left("p", {}), testing::IsEmpty());
  EXPECT_TRUE(store().spend("p", std::vector<Limit>{{1, 60s}}));
}

TEST_P(ProbeStoreTest, WhatWasSpentCountsAgainstEveryWindow) {
  store().prepare("p", kRule.ttl, false);
  const auto spend = [&](base::Duration window) {
    return store().spend("p", std::vector<Limit>{{1, window}}).has_value();
  };
  EXPECT_TRUE(spend(24h));
  EXPECT_FALSE(spend(23h)) << "another window is another limit for the same runs";
  EXPECT_FALSE(spend(22h));
  EXPECT_FALSE(spend(1s));
  clock_.advance(1h);
  EXPECT_TRUE(spend(1min)) << "that one is over";
  EXPECT_FALSE(spend(24h));
  EXPECT_TRUE(store().spend("q", std::vector<Limit>{{1, 24h}})) << "another probe";
  clock_.advance(24h + 30min);
  EXPECT_TRUE(spend(24h));
}

TEST_P(ProbeStoreTest, ARunThatAsksNothingSpendsNothing) {
  const std::vector<Limit> once{{1, 24h}};
  store().prepare("p", kRule.ttl, true);
  const Claimed nothing = claim_limited(1, once);
  ASSERT_THAT(nothing.claims, SizeIs(1));
  EXPECT_THAT(nothing.claims[0].profiles, IsEmpty());
  EXPECT_FALSE(nothing.claims[0].counted);
  EXPECT_THAT(nothing.left, ElementsAre(1));
  finish(success(nothing.claims[0]));
  add_batched({"gpu"});
  const Claimed real = claim_limited(1, once);
  ASSERT_THAT(real.claims, SizeIs(1));
  EXPECT_TRUE(real.claims[0].counted);
  EXPECT_THAT(real.left, ElementsAre(0));
}

TEST_P(ProbeStoreTest, ABatchThatDiscoversAsksWithoutProfiles) {
  store().prepare("p", kRule.ttl, true);
  const Claimed asks =
      store().claim({.probe = "p", .owner = "a", .count = 1, .lease = kLease, .limits = {{1, 24h}}, .discovers = true});
  ASSERT_THAT(asks.claims, SizeIs(1));
  EXPECT_TRUE(asks.claims[0].counted);
  EXPECT_THAT(asks.left, ElementsAre(0));
}

TEST_P(ProbeStoreTest, ARunThatDidNotHappenIsTakenBack) {
  add_many(3);
  store().prepare("p", kRule.ttl, false);
  const std::vector<Limit> limits{{3, 24h}};
  const auto claims = claim_limited(3, limits).claims;
  ASSERT_THAT(claims, SizeIs(3));
  EXPECT_FALSE(store().spend("p", limits));
  clock_.advance(10min);
  store().release("a", claims);
  store().refund("p", limits, std::vector<base::Time>{*claims[0].counted, *claims[1].counted});
  store().refund("p", limits, {});
  EXPECT_THAT(claim_limited(3, limits).claims, SizeIs(2));
  EXPECT_FALSE(store().spend("p", limits));
}

TEST_P(ProbeStoreTest, FailAllKeepsLevels) {
  const auto id = add_assigned("c5");
  const auto other = add("Amazon", "c6");
  finish(success(claim_one(), core::Level::low));
  store().fail_all("p", "slowed down");
  EXPECT_EQ(row(id)->reading->level, core::Level::low);
  EXPECT_EQ(row(id)->failure, (core::Failure{"slowed down", now()}));
  EXPECT_FALSE(row(other)->failure);
  const auto seen = revision();
  store().fail_all("nobody's", "x");
  EXPECT_TRUE(store().poll(seen).change.rows.empty());
}

TEST_P(ProbeStoreTest, DiscoverAddsAndRetires) {
  add("cluster", "by-hand");
  const auto discover = [&](std::vector<core::ProfileKey> keys) { store().discover("p", keys); };
  discover({{"cluster", "batch"}, {"cluster", "by-hand"}, {"cluster", "gpu"}});
  EXPECT_THAT(names(), UnorderedElementsAre("by-hand", "batch", "gpu"));
  const auto seen = revision();
  discover({{"cluster", "batch"}, {"cluster", "by-hand"}, {"cluster", "gpu"}});
  EXPECT_TRUE(quiet_since(seen));
  store().discover("q", std::vector<core::ProfileKey>{});
  discover({{"cluster", "batch"}});
  EXPECT_THAT(names(), UnorderedElementsAre("by-hand", "batch")) << "what was added by hand stays";
  discover({});
  EXPECT_THAT(names(), UnorderedElementsAre("by-hand"));
  discover({{"cluster", "gpu"}});
  EXPECT_THAT(names(), UnorderedElementsAre("by-hand", "gpu")) << "it came back";
}

TEST_P(ProbeStoreTest, LabelsComeWithTheClaim) {
  const auto id = add_assigned("c5");
  add_assigned("c6");
  const core::Labels labels{{"type", "c5.large"}, {"zone", "é"}};
  ASSERT_TRUE(store().set_labels(id, {{"old", "1"}}));
  ASSERT_TRUE(store().set_labels(id, labels));
  EXPECT_FALSE(store().set_labels(id + 100, labels));
  for (const Claim& claim : claim().claims)
    EXPECT_EQ(claim.profiles.front().labels, claim.profiles.front().id == id ? labels : core::Labels{});
  EXPECT_EQ(store().find({"Amazon", "c5"})->labels, labels);
  EXPECT_EQ(store().find({"Amazon", "c9"}).error().code, base::Errc::not_found);
  ASSERT_TRUE(store().remove(id));
  EXPECT_EQ(store().add({"Amazon", "c5"})->labels, core::Labels{});
  EXPECT_EQ(store().find({"Amazon", "c5"})->labels, core::Labels{});
}

INSTANTIATE_TEST_SUITE_P(Stores, ProbeStoreTest, testing::ValuesIn(store_kinds()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace store
