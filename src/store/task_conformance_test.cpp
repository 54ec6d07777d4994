// Which task is due when, and what a run writes, over every kind of store.
#include <gmock/gmock.h>

#include <set>

#include "support/rows.hpp"
#include "support/store_harness.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_P(StoreTest, AssignedProfileIsDueAtOnce) {
  const auto id = add("Amazon", "c5");
  EXPECT_THAT(claim().claims, IsEmpty());
  const auto seen = revision();
  assign(id, "p");
  const auto change = store().poll(seen).change;
  ASSERT_THAT(change.rows, SizeIs(1));
  EXPECT_EQ(change.rows[0]->probe, "p");
  const Claimed claimed = claim();
  ASSERT_THAT(claimed.claims, SizeIs(1));
  EXPECT_EQ(claimed.claims[0].profiles.front(), (core::Profile{id, {"Amazon", "c5"}}));
  EXPECT_EQ(claimed.claims[0].due, now());
  EXPECT_EQ(claimed.now, now());
}

TEST_P(StoreTest, TheBacklogIsWhatIsDueFirstAndTheFirstLeaseThatEnds) {
  const std::vector<std::string> probes{"p", "q"};
  const auto look = [&](const char* probe = "p") {
    Backlogs found = store().backlogs(probes, true), less = store().backlogs(probes, false);
    EXPECT_EQ(found.now, now());
    EXPECT_EQ(less.of[probe].due, found.of[probe].due);
    EXPECT_FALSE(less.of[probe].lease_end) << "it costs more";
    return found.of[probe];
  };
  EXPECT_FALSE(look().due);
  add_assigned("c5");
  const base::Time first = now();
  clock_.advance(kTick);
  add_assigned("c6");
  clock_.advance(std::chrono::seconds{30});
  Backlog backlog = look();
  EXPECT_EQ(backlog.due, first);
  EXPECT_FALSE(backlog.lease_end);
  EXPECT_FALSE(look("q").due) << "another probe's";
  const Claim claimed = claim_one();
  backlog = look();
  EXPECT_EQ(backlog.due, first + kTick) << "the other one runs";
  EXPECT_EQ(backlog.lease_end, now() + kLease);
  clock_.advance(kLease + kTick);
  EXPECT_EQ(look().due, first) << "its lease is over";
  finish(success(claimed));
  EXPECT_EQ(look().due, first + kTick);
}

TEST_P(StoreTest, AssigningTheSameChangesNothing) {
  const auto id = add_assigned("c5");
  const auto seen = revision();
  const Claim held = claim_one();
  assign(id, "p");
  assign(id + 100, "p");
  store().assign({});
  EXPECT_TRUE(quiet_since(seen));
  EXPECT_THAT(claim(10, "b").claims, IsEmpty());
  EXPECT_THAT(finish(success(held)), IsEmpty());
}

TEST_P(StoreTest, AssigningAnotherProbeStartsAnew) {
  const auto id = add_assigned("c5");
  finish(success(claim_one(), core::Level::low));
  clock_.advance(2 * kRule.ttl);
  const Claim old = claim_one();
  assign(id, "q");
  EXPECT_EQ(row(id)->probe, "q");
  EXPECT_EQ(row(id)->reading->level, core::Level::low) << "the reading stays until there is a newer one";
  EXPECT_THAT(finish(success(old)), ElementsAre(old.task));
  EXPECT_THAT(claim().claims, IsEmpty());
  const auto claims = claim(10, "a", "q").claims;
  ASSERT_THAT(claims, SizeIs(1));
  EXPECT_EQ(claims[0].due, now());
}

TEST_P(StoreTest, AssigningNoProbeEndsTheTask) {
  const auto id = add_assigned("c5");
  const Claim held = claim_one();
  assign(id, std::string(core::kNoProbe));
  EXPECT_EQ(row(id)->probe, core::kNoProbe);
  EXPECT_THAT(renew(held), ElementsAre(held.task));
  EXPECT_THAT(finish(success(held)), ElementsAre(held.task));
  clock_.advance(1h);
  EXPECT_THAT(claim().claims, IsEmpty());
  EXPECT_THAT(claim(10, "a", std::string(core::kNoProbe)).claims, IsEmpty());
  assign(id, "p");
  EXPECT_NE(claim_one().task, held.task) << "an old outcome must not match the new task";
}

TEST_P(StoreTest, AShorterPeriodTakesEffectAtOnce) {
  const auto id = add("Amazon", "c5");
  assign(id, "p", 6h);
  Outcome outcome = success(claim_one());
  outcome.rule.ttl = 6h;
  finish(outcome);
  store().prepare("p", 1min, false);
  clock_.advance(1min);
  EXPECT_THAT(claim().claims, SizeIs(1));
}

TEST_P(StoreTest, ClaimsTheMostOverdueFirst) {
  std::vector<core::ProfileId> ids;
  for (const char* name : {"z", "a", "m", "b", "y"}) {
    ids.push_back(add_assigned(name));
    clock_.advance(1s);
  }
  std::vector<core::ProfileId> claimed;
  for (const std::size_t limit : {2U, 1U, 10U})
    for (const Claim& claim : claim(limit).claims) claimed.push_back(claim.profiles.front().id);
  EXPECT_EQ(claimed, ids);
}

TEST_P(StoreTest, TheMostOverdueGoesBeforeWhatWasAddedEarlier) {
  // Due in the opposite order of their ids, more than a claim looks at.
  auto ids = add_many(40);
  std::ranges::sort(ids);
  std::vector<Claim> first = claim(100).claims;
  std::ranges::sort(first, std::greater(), [](const Claim& claim) { return claim.profiles.front().id; });
  for (const Claim& held : first) {
    clock_.advance(1s);
    Outcome outcome = success(held);
    outcome.rule.ttl = base::Duration{1};  // from now on it is due
    finish(outcome);
  }
  clock_.advance(1h);
  std::vector<core::ProfileId> order;
  for (int i = 0; i < 8; ++i)
    for (const Claim& held : claim(5).claims) order.push_back(held.profiles.front().id);
  std::vector<core::ProfileId> expected(ids.rbegin(), ids.rend());
  EXPECT_EQ(order, expected);
}

TEST_P(StoreTest, SaysWhenTheNextTaskIsDue) {
  EXPECT_FALSE(claim().next_due);
  add_assigned("c5");
  past_first_run();
  finish(success(claim_one()));
  const Claimed none = claim();
  EXPECT_THAT(none.claims, IsEmpty());
  ASSERT_TRUE(none.next_due);
  EXPECT_GT(*none.next_due, now());
  EXPECT_LE(*none.next_due, now() + kRule.ttl);
  EXPECT_FALSE(claim(10, "a", "q").next_due) << "another probe's task";
  clock_.advance(*none.next_due - now() - kTick);
  EXPECT_THAT(claim().claims, IsEmpty());
  clock_.advance(kTick);
  EXPECT_EQ(claim_one().due, *none.next_due);
  EXPECT_FALSE(claim().next_due) << "the only task is leased";
}

TEST_P(StoreTest, FinishWritesTheReading) {
  const auto id = add_assigned("c5");
  const Claim held = claim_one();
  const auto seen = revision();
  clock_.advance(10s);
  Outcome outcome = success(held);
  core::Measurement measured{.level = core::Level::medium, .reason = "42 of 64 'nodes' – idle"};
  support::set_numbers(measured);
  measured.score = 0.1;
  measured.price = 1e-9;
  outcome.findings.front().result = measured;
  outcome.took = 5s;
  outcome.ended_ago = 2s;
  EXPECT_THAT(finish(outcome), IsEmpty());
  const auto written = row(id);
  EXPECT_EQ(written->reading, core::reading_of(*outcome.findings.front().result, now() - 2s, 5s, kRule));
  EXPECT_EQ(written->reading->stale_at, now() - 2s + 90s);
  EXPECT_EQ(written->reading->expires_at, now() - 2s + 5min);
  EXPECT_FALSE(written->failure);
  const auto change = store().poll(seen).change;
  ASSERT_THAT(change.rows, SizeIs(1));
  EXPECT_EQ(*change.rows[0], *written);
}

TEST_P(StoreTest, AReadingIsAsOldAsItsSourceSays) {
  const auto id = add_assigned("c5");
  const auto measure = [&](base::Duration age, core::Level level) {
    const Claim held = claim_one();
    Outcome outcome = success(held, level);
    outcome.findings.front().result->age = age;
    finish(outcome);
    EXPECT_FALSE(row(id)->failure);
    EXPECT_LE(*claim().next_due, held.due + kRule.ttl) << "due as ever";
    return row(id)->reading.value();
  };
  EXPECT_EQ(measure(2min, core::Level::low).measured_at, now() - 2min);
  EXPECT_EQ(core::freshness(*row(id), now()), core::Freshness::stale);
  clock_.advance(kRule.ttl);
  const core::Reading latest = measure(0s, core::Level::high);
  EXPECT_EQ(latest.measured_at, now());
  clock_.advance(kRule.ttl);
  finish(failure(claim_one(), "no route"));
  EXPECT_TRUE(row(id)->failure);
  clock_.advance(kRule.ttl);
  const auto seen = revision();
  EXPECT_EQ(measure(1h, core::Level::low), latest) << "a cache that knows less than we do";
  EXPECT_THAT(store().poll(seen).change.rows, SizeIs(1)) << "that the source answers again is told";
  clock_.advance(kRule.ttl);
  EXPECT_EQ(measure(1min, core::Level::low).measured_at, now() - 1min);
}

TEST_P(StoreTest, TheOutcomeOfABatchIsRefusedForOneProfile) {
  add_assigned("c5");
  Outcome outcome = success(claim_one());
  outcome.batched = true;
  EXPECT_THAT(finish(outcome), ElementsAre(outcome.task));
  outcome.batched = false;
  EXPECT_THAT(finish(outcome), IsEmpty());
}

TEST_P(StoreTest, ANewReadingReplacesAllOfTheOld) {
  const auto id = add_assigned("c5");
  Outcome outcome = success(claim_one());
  outcome.findings.front().result = core::Measurement{.level = core::Level::high, .free = 1, .reason = "why"};
  support::set_numbers(*outcome.findings.front().result);
  finish(outcome);
  clock_.advance(kRule.ttl);
  const Outcome second = success(claim_one(), core::Level::low);
  finish(second);
  EXPECT_EQ(static_cast<const core::Measurement&>(*row(id)->reading), *second.findings.front().result);
}

TEST_P(StoreTest, RemembersTheLatestChangeOfTheLevel) {
  using enum core::Level;
  const auto id = add_assigned("c5");
  const auto measure = [&](core::Level level) {
    finish(success(claim_one(), level));
    const auto changed = row(id)->reading->changed;
    clock_.advance(kRule.ttl);
    return changed;
  };
  EXPECT_EQ(measure(low), std::nullopt);
  EXPECT_EQ(measure(low), std::nullopt);
  const core::LevelChange rose{low, now()};
  EXPECT_EQ(measure(high), rose);
  EXPECT_EQ(measure(high), rose);
  finish(failure(claim_one(), "no route"));
  EXPECT_EQ(row(id)->reading->changed, rose);
  clock_.advance(kRule.ttl);
  const core::LevelChange fell{high, now()};
  EXPECT_EQ(measure(medium), fell);
  ASSERT_TRUE(store().replace(id, {"Amazon", "c6"}));
  assign(id, "p");
  EXPECT_EQ(measure(high), std::nullopt) << "that was another one";
}

TEST_P(StoreTest, AFailureKeepsTheReadingAndASuccessClearsTheFailure) {
  const auto id = add_assigned("c5");
  const Claim first = claim_one();
  finish(failure(first, "no route"));
  EXPECT_FALSE(row(id)->reading);
  EXPECT_EQ(row(id)->failure, (core::Failure{"no route", now()}));
  clock_.advance(kRule.ttl);
  finish(success(claim_one()));
  const auto reading = row(id)->reading;
  EXPECT_FALSE(row(id)->failure);
  clock_.advance(kRule.ttl);
  Outcome late = failure(claim_one(), "timed out");
  late.ended_ago = 3s;
  const auto seen = revision();
  finish(late);
  EXPECT_EQ(row(id)->reading, reading);
  EXPECT_EQ(row(id)->failure, (core::Failure{"timed out", now() - 3s}));
  EXPECT_THAT(store().poll(seen).change.rows, SizeIs(1));
}

TEST_P(StoreTest, OneFinishIsOneRevision) {
  const auto ids = add_many(3);
  const auto claims = claim().claims;
  ASSERT_THAT(claims, SizeIs(3));
  const auto seen = revision();
  Outcome refused = success(claims[1]);
  --refused.token;
  const std::vector<Outcome> outcomes = {success(claims[0]), refused, failure(claims[2], "no")};
  EXPECT_THAT(store().finish(outcomes), ElementsAre(claims[1].task));
  const auto change = store().poll(seen).change;
  ASSERT_THAT(change.rows, SizeIs(2));
  EXPECT_EQ(change.rows[0]->revision, change.rows[1]->revision);
  EXPECT_THAT(renew(claims[1]), IsEmpty()) << "a refused outcome frees nothing";
}

TEST_P(StoreTest, PeriodsRunFromStartToStart) {
  add_assigned("c5");
  past_first_run();
  const Claim run = claim_one();
  clock_.advance(5s);
  finish(success(run));
  EXPECT_EQ(claim().next_due, run.due + kRule.ttl);
  clock_.advance(run.due + kRule.ttl - now() + 7s);
  const Claim late = claim_one();
  EXPECT_EQ(late.due, run.due + kRule.ttl) << "lateness does not move the period";
  finish(failure(late, "failures are no sooner due"));
  EXPECT_EQ(claim().next_due, run.due + 2 * kRule.ttl);
}

TEST_P(StoreTest, PeriodsThatWereMissedAreSkippedInStep) {
  add_assigned("c5");
  past_first_run();
  const Claim run = claim_one();
  clock_.advance(2 * kRule.ttl + 30s);
  finish(success(run));
  EXPECT_EQ(claim_one().due, run.due + 2 * kRule.ttl);
}

TEST_P(StoreTest, ProfilesAddedTogetherDoNotStayInStep) {
  add_many(40);
  const auto start = now();
  finish_all(claim(100).claims);
  std::set<base::Time> dues;
  clock_.advance(kRule.ttl);
  const auto second = claim(100).claims;
  ASSERT_THAT(second, SizeIs(40)) << "at most one period later";
  for (const Claim& claim : second) dues.insert(claim.due);
  EXPECT_GT(dues.size(), 5U);
  EXPECT_GE(*dues.begin(), start);
  EXPECT_LE(*dues.rbegin(), start + kRule.ttl);
  finish_all(second);
  for (std::size_t count = 0; count < 40;) {
    const Claimed third = claim(100);
    for (const Claim& claim : third.claims) EXPECT_TRUE(dues.contains(claim.due - kRule.ttl)) << "the phase is kept";
    count += third.claims.size();
    finish_all(third.claims);
    clock_.advance(1s);
  }
}

TEST(NextDue, IsAtMostOnePeriodBehind) {
  const base::Time due{1000s};
  EXPECT_EQ(next_due(due, 60s, due), due + 60s);
  EXPECT_EQ(next_due(due, 60s, due + 5s), due + 60s);
  EXPECT_EQ(next_due(due, 60s, due + 119s), due + 60s);
  EXPECT_EQ(next_due(due, 60s, due + 120s), due + 120s);
  EXPECT_EQ(next_due(due, 60s, due + 3600s + 59s), due + 3600s);
  EXPECT_EQ(next_due(due, 0s, due + 5s), due + 5s) << "always due";
  EXPECT_EQ(next_due(due, 60s, due - 600s), due + 60s) << "a clock that was set back";
}

}  // namespace
}  // namespace store
