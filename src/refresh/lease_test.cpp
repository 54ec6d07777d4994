// Leases of a runner: renewed while it measures, given up when somebody else has the task.
#include <gmock/gmock.h>

#include <atomic>

#include "support/refresh_harness.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;
using support::eventually;

TEST_F(RefreshTest, ALeaseThatNeedsNoRenewalAnyMoreFailsNoLonger) {
  add(1);
  config_.timeout = 2h;
  Replica replica(runtime_, store_, config_, 1s);
  replica.script->duration = 1h;
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.look([](auto& script) { return script.running; }) == 1; }));
  store_.lose(true);
  EXPECT_TRUE(eventually([&] { return replica.failing(); }));
  EXPECT_TRUE(eventually([&] { return replica.look([](auto& script) { return script.running; }) == 0; }))
      << "its lease may be over";
  store_.lose(false);
  EXPECT_TRUE(eventually([&] { return !replica.failing(); }));
}

TEST_F(RefreshTest, ALongProbeKeepsItsLease) {
  add(1);
  Replica first(runtime_, store_, config_, 2s);
  first.script->duration = 3s;
  first.start();
  EXPECT_TRUE(eventually([&] { return first.runs() == 1; }));
  Replica second(runtime_, store_, config_, 2s);
  second.start();
  EXPECT_TRUE(eventually([&] { return measured() == 1; }));
  EXPECT_EQ(second.runs(), 0);
  EXPECT_EQ(first.refused(), 0);
}

TEST_F(RefreshTest, ALateResultIsRefused) {
  add(1);
  Replica replica(runtime_, store_, config_);
  replica.script->duration = 100ms;
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.runs() == 1; }));
  // Renamed under way: what is being measured is not this profile any more.
  const core::ProfileId id = rows()[0]->profile.id;
  ASSERT_TRUE(store_.replace(id, {"p", "renamed"}));
  const std::vector<store::Assignment> again = {{id, "test", config_.ttl}};
  store_.assign(again);
  EXPECT_TRUE(eventually([&] { return replica.refused() == 1; }));
  EXPECT_TRUE(eventually([&] { return measured() == 1; }));
  EXPECT_EQ(replica.runs(), 2);
}

TEST_F(RefreshTest, OnlyALeaseThatIsLostUnderWayCountsAndEndsItsRun) {
  add(2);
  config_.timeout = 2h;
  Replica replica(runtime_, store_, config_, 1s);
  replica.script->duration = 1h;
  replica.start();
  ASSERT_TRUE(eventually([&] { return replica.runs() == 2; }));
  EXPECT_EQ(replica.lost_leases(), 0);
  ASSERT_TRUE(store_.remove(rows()[0]->profile.id));
  EXPECT_TRUE(eventually([&] { return replica.lost_leases() == 1; }));
  EXPECT_TRUE(eventually([&] { return replica.look([](auto& script) { return script.running; }) == 1; }));
  EXPECT_EQ(replica.status().running, 1U);
  const int renewals = store_.renewals();
  EXPECT_TRUE(eventually([&] { return store_.renewals() > renewals + 3; }));
  EXPECT_EQ(replica.lost_leases(), 1) << "once, however often it is renewed";
}

/// A store that one replica may not reach.
class CutOffStore final : public support::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  store::Claimed claim(const store::Wanted& wanted) override {
    check(wanted.owner);
    return MemoryStore::claim(wanted);
  }
  std::vector<store::TaskId> renew(const std::string& owner, std::span<const store::Claim> claims,
                                   base::Duration lease) override {
    check(owner);
    return MemoryStore::renew(owner, claims, lease);
  }

  std::string replica;
  std::atomic<bool> cut_off = false;

 private:
  void check(const std::string& owner) const {
    if (cut_off && owner == replica) throw base::Lost("cut off");
  }
};

TEST_F(RefreshTest, ARunEndsBeforeAnotherReplicaBeginsIt) {
  CutOffStore store(base::system_clock());
  config_.timeout = 2h;
  const auto profile = store.add({"p", "a"}).value();
  const store::Assignment assignment{profile.id, "test", config_.ttl};
  store.assign({&assignment, 1});
  Replica first(runtime_, store, config_, 2s);
  first.script->duration = 1h;
  store.replica = first.owner();
  first.start();
  ASSERT_TRUE(eventually([&] { return first.runs() == 1; }));
  store.cut_off = true;
  // Of both: one source is asked.
  Replica second(runtime_, store, config_, 2s);
  second.script->duration = 1h;
  second.script->began = [&first_script = *first.script] { EXPECT_EQ(first_script.running, 0) << "both run"; };
  second.start();
  EXPECT_TRUE(eventually([&] { return second.runs() == 1; }));
  EXPECT_EQ(first.lost_leases(), 1);
  EXPECT_EQ(first.status().running, 0U);
  EXPECT_EQ(first.ended("failed"), 0) << "it says nothing about the source";
}

TEST_F(RefreshTest, WhatWaitsToBeWrittenIsNoLostLease) {
  add(1);
  store_.refuse_results(true);
  Replica replica(runtime_, store_, config_, 1s);
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.runs() == 1 && store_.refusals() > 0; }));
  ASSERT_TRUE(store_.remove(rows()[0]->profile.id));
  const int before = store_.renewals();
  EXPECT_TRUE(eventually([&] { return store_.renewals() >= before + 3; }));
  EXPECT_EQ(replica.lost_leases(), 0);
  store_.refuse_results(false);
  EXPECT_TRUE(eventually([&] { return replica.refused() == 1; }));
}

TEST_F(RefreshTest, ABatchWithoutProfilesThatWaitsToBeWrittenIsNoLostLease) {
  store_.prepare("test", config_.ttl, true);
  store_.refuse_results(true);
  Replica replica(runtime_, store_, config_, 1s);
  replica.start();
  ASSERT_TRUE(eventually([&] { return store_.refusals() > 0; }));
  store_.lose(true);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(eventually([&] { return std::chrono::steady_clock::now() > begin + 1s; })) << "its lease is over";
  EXPECT_EQ(replica.lost_leases(), 0) << "nothing ran that could be stopped";
  store_.lose(false);
  store_.refuse_results(false);
}

TEST_F(RefreshTest, TheOthersAreRenewedWhenOneIsLost) {
  add(3);
  config_.timeout = 1h;
  Replica replica(runtime_, store_, config_, 1s);
  replica.script->duration = 1h;
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.runs() == 3; }));
  ASSERT_TRUE(store_.remove(rows()[1]->profile.id));
  EXPECT_TRUE(eventually([&] { return replica.lost_leases() == 1; }));
  const int before = store_.renewals();
  EXPECT_TRUE(eventually([&] { return store_.renewals() >= before + 6; })) << "two leases long";
  EXPECT_EQ(replica.lost_leases(), 1);
  EXPECT_EQ(replica.runs(), 3) << "what is still leased is not begun again";
}

}  // namespace
}  // namespace refresh
