// Leases, fencing and batches, over every kind of store.
#include <gmock/gmock.h>

#include <set>

#include "support/store_harness.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_P(StoreTest, ALeaseKeepsOthersAwayUntilItEnds) {
  add_assigned("c5");
  const Claim first = claim_one();
  EXPECT_THAT(claim(10, "b").claims, IsEmpty());
  clock_.advance(kLease);
  EXPECT_THAT(claim(10, "b").claims, IsEmpty());
  clock_.advance(kTick);
  const Claim second = claim_one("b");
  EXPECT_EQ(second.task, first.task);
  EXPECT_GT(second.token, first.token);
  EXPECT_EQ(second.due, first.due);
}

TEST_P(StoreTest, ALeaseThatExpiredMayWriteUntilItIsTakenOver) {
  const auto id = add_assigned("c5");
  const Claim late = claim_one();
  clock_.advance(2 * kLease);
  EXPECT_THAT(finish(success(late, core::Level::medium)), IsEmpty());
  EXPECT_EQ(row(id)->reading->level, core::Level::medium);
}

TEST_P(StoreTest, AReplicaThatLostItsLeaseCannotWrite) {
  const auto id = add_assigned("c5");
  const Claim old = claim_one();
  clock_.advance(kLease + kTick);
  const Claim taken = claim_one("b");
  const auto seen = revision();
  EXPECT_THAT(finish(success(old, core::Level::low)), ElementsAre(old.task));
  EXPECT_TRUE(quiet_since(seen));
  EXPECT_THAT(finish(success(taken, core::Level::high)), IsEmpty());
  EXPECT_THAT(finish(success(old, core::Level::low)), ElementsAre(old.task)) << "also after the new owner wrote";
  EXPECT_EQ(row(id)->reading->level, core::Level::high);
}

TEST_P(StoreTest, TheSameReplicaIsFencedToo) {
  add_assigned("c5");
  const Claim old = claim_one();
  clock_.advance(kLease + kTick);
  const Claim again = claim_one();
  EXPECT_THAT(renew(old), ElementsAre(old.task));
  EXPECT_THAT(finish(success(old)), ElementsAre(old.task));
  EXPECT_THAT(finish(success(again)), IsEmpty());
}

TEST_P(StoreTest, AnOutcomeCountsOnce) {
  add_assigned("c5");
  const Claim held = claim_one();
  const std::vector<Outcome> twice = {success(held), success(held)};
  EXPECT_THAT(store().finish(twice), ElementsAre(held.task));
  const auto seen = revision();
  EXPECT_THAT(finish(success(held)), ElementsAre(held.task));
  EXPECT_TRUE(quiet_since(seen));
}

TEST_P(StoreTest, FinishOfADeletedProfileIsRefused) {
  const auto id = add_assigned("c5");
  const Claim held = claim_one();
  ASSERT_TRUE(store().remove(id));
  const auto seen = revision();
  EXPECT_THAT(renew(held), ElementsAre(held.task));
  EXPECT_THAT(finish(success(held)), ElementsAre(held.task));
  EXPECT_TRUE(quiet_since(seen));
  EXPECT_THAT(store().load().rows, IsEmpty());
  EXPECT_FALSE(claim().next_due);
}

TEST_P(StoreTest, FinishChecksTheProfile) {
  add_assigned("c5");
  Outcome outcome = success(claim_one());
  ++outcome.findings.front().profile.id;
  EXPECT_THAT(finish(outcome), ElementsAre(outcome.task));
}

TEST_P(StoreTest, RenewExtendsALease) {
  add_assigned("c5");
  const Claim held = claim_one();
  clock_.advance(kLease);
  EXPECT_THAT(renew(held), IsEmpty());
  clock_.advance(kLease);
  EXPECT_THAT(claim(10, "b").claims, IsEmpty());
  EXPECT_THAT(store().renew("a", {}, kLease), IsEmpty());
  clock_.advance(kTick);
  EXPECT_THAT(renew(held), IsEmpty()) << "expired, but nobody took it";
  EXPECT_THAT(claim(10, "b").claims, IsEmpty());
}

TEST_P(StoreTest, RenewTellsWhatIsLost) {
  add_many(3);
  const auto claims = claim(3).claims;
  ASSERT_THAT(claims, SizeIs(3));
  ASSERT_TRUE(store().remove(claims[0].profiles.front().id));
  clock_.advance(kLease + kTick);
  EXPECT_THAT(claim(10, "b").claims, SizeIs(2));
  const auto lost = store().renew("a", claims, kLease);
  EXPECT_THAT(lost, testing::UnorderedElementsAre(claims[0].task, claims[1].task, claims[2].task));
  clock_.advance(kLease + kTick);
  EXPECT_THAT(claim(10, "c").claims, SizeIs(2)) << "the other's lease was not extended";
  EXPECT_THAT(renew(claims[1], "z"), ElementsAre(claims[1].task));
}

TEST_P(StoreTest, ReleaseGivesBackAsDueAsBefore) {
  add_assigned("c5");
  clock_.advance(1s);
  const Claim held = claim_one();
  store().release("b", {&held, 1});
  EXPECT_THAT(claim(10, "b").claims, IsEmpty()) << "only its owner can release it";
  store().release("a", {&held, 1});
  store().release("a", {});
  EXPECT_THAT(finish(success(held)), ElementsAre(held.task));
  EXPECT_THAT(renew(held), ElementsAre(held.task));
  const Claim next = claim_one("b");
  EXPECT_EQ(next.due, held.due);
  store().release("a", {&held, 1});
  EXPECT_THAT(claim(10, "c").claims, IsEmpty()) << "not its lease any more";
}

TEST_P(StoreTest, WorksInLargeBatches) {
  constexpr std::size_t kCount = 1000;
  add_many(kCount);
  auto claims = claim(kCount - 1).claims;
  ASSERT_THAT(claims, SizeIs(kCount - 1));
  const auto last = claim(kCount).claims;
  ASSERT_THAT(last, SizeIs(1));
  claims.push_back(last[0]);
  std::set<TaskId> tasks;
  for (const Claim& claim : claims) tasks.insert(claim.task);
  EXPECT_THAT(tasks, SizeIs(kCount));
  clock_.advance(kLease);
  EXPECT_THAT(store().renew("a", claims, kLease), IsEmpty());
  clock_.advance(kLease);
  store().release("a", claims);
  claims = claim(kCount, "b").claims;
  ASSERT_THAT(claims, SizeIs(kCount));
  const auto seen = revision();
  finish_all(claims);
  const auto change = store().poll(seen).change;
  EXPECT_THAT(change.rows, SizeIs(kCount));
  EXPECT_TRUE(quiet_since(change.revision()));
}

}  // namespace
}  // namespace store
