// Leases of a runner: renewed while it measures, given up when somebody else has the task.
#include <gmock/gmock.h>

#include "support/refresh_harness.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;
using support::eventually;

TEST_F(RefreshTest, ALeaseThatNeedsNoRenewalAnyMoreFailsNoLonger) {
  add(1);
  Replica replica(runtime_, store_, config_, 300ms);
  replica.script->duration = 500ms;
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.look([](auto& script) { return script.running; }) == 1; }));
  store_.lose(true);
  EXPECT_TRUE(eventually([&] { return replica.look([](auto& script) { return script.running; }) == 0; }));
  EXPECT_TRUE(replica.failing());
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

TEST_F(RefreshTest, OnlyALeaseThatIsLostUnderWayCounts) {
  add(2);
  Replica replica(runtime_, store_, config_, 60ms);
  replica.script->duration = 1h;
  config_.timeout = 2h;
  replica.start();
  ASSERT_TRUE(eventually([&] { return replica.runs() == 2; }));
  EXPECT_EQ(replica.lost_leases(), 0);
  ASSERT_TRUE(store_.remove(rows()[0]->profile.id));
  EXPECT_TRUE(eventually([&] { return replica.lost_leases() == 1; }));
  const int renewals = store_.renewals();
  EXPECT_TRUE(eventually([&] { return store_.renewals() > renewals + 3; }));
  EXPECT_EQ(replica.lost_leases(), 1) << "once, however often it is renewed";
}

TEST_F(RefreshTest, WhatWaitsToBeWrittenIsNoLostLease) {
  add(1);
  store_.refuse_results(true);
  Replica replica(runtime_, store_, config_, 150ms);
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.runs() == 1 && store_.refusals() > 0; }));
  ASSERT_TRUE(store_.remove(rows()[0]->profile.id));
  const int before = store_.renewals();
  EXPECT_TRUE(eventually([&] { return store_.renewals() >= before + 3; }));
  EXPECT_EQ(replica.lost_leases(), 0);
  store_.refuse_results(false);
  EXPECT_TRUE(eventually([&] { return replica.refused() == 1; }));
}

TEST_F(RefreshTest, TheOthersAreRenewedWhenOneIsLost) {
  add(3);
  config_.timeout = 1h;
  Replica replica(runtime_, store_, config_, 600ms);
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
