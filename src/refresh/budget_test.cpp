// Limits of how often a source is asked.
#include <future>

#include "support/gated_store.hpp"
#include "support/refresh_harness.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;
using support::eventually;

std::vector<store::Limit> limits_of(const config::ProbeConfig& config) {
  std::vector<store::Limit> limits;
  for (const config::Budget& budget : config.budget) limits.push_back({budget.calls, budget.window});
  return limits;
}

TEST_F(RefreshTest, WhatWasCutOffIsSpent) {
  config_.budget = {{5, 1h}};
  config_.concurrency = 2;
  add(5);
  Replica replica(runtime_, store_, config_);
  replica.script->duration = 1h;
  replica.start();
  ASSERT_TRUE(eventually([&] { return replica.runs() == 2; }));
  replica.stop();
  EXPECT_EQ(store_.left("test", limits_of(config_)), std::vector<std::uint64_t>{3}) << "the source has seen two";
}

TEST_F(RefreshTest, ARunThatAskedNobodyIsNotSpent) {
  config_.ttl = 1ms;
  config_.budget = {{1, 24h}};
  add(1, 1ms);
  Replica replica(runtime_, store_, config_);
  replica.script->asked = false;
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.runs() >= 3; }));
  const int before = replica.look([](auto& script) {
    script.asked = true;
    return script.calls;
  });
  EXPECT_TRUE(eventually([&] { return replica.runs() > before && replica.left() == 0; }));
}

TEST_F(RefreshTest, ABatchWithoutProfilesKeepsItsBudget) {
  config_.kind = "slurm";
  config_.budget = {{1, 24h}};
  store_.prepare("test", config_.ttl, true);
  Replica replica(runtime_, store_, config_);
  replica.start();
  ASSERT_TRUE(eventually([&] { return store_.claims() >= 2; }));
  const store::Assignment assignment{store_.add({"p", "late"})->id, "test", config_.ttl, true};
  store_.assign({&assignment, 1});
  EXPECT_TRUE(eventually([&] { return measured() == 1; }));
  EXPECT_TRUE(eventually([&] { return replica.left() == 0; }));
}

TEST_F(RefreshTest, ABudgetIsKeptByAllReplicasTogether) {
  config_.ttl = 10ms;
  config_.budget = {{7, 1h}};
  add(20, config_.ttl);
  Replica first(runtime_, store_, config_);
  Replica second(runtime_, store_, config_);
  first.start();
  second.start();
  EXPECT_TRUE(eventually([&] { return first.left() == 0 && second.left() == 0; }));
  EXPECT_TRUE(eventually([&] { return measured() == 7; }));
  EXPECT_EQ(first.runs() + second.runs(), 7);
}

TEST_F(RefreshTest, WhatIsLeftOfABudgetIsThatOfNow) {
  config_.ttl = 1h;
  config_.budget = {{3, 1h}};
  add(1, config_.ttl);
  Replica replica(runtime_, store_, config_);
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.left() == 2 && measured() == 1; }));
  // By another replica, while this one has nothing to claim.
  EXPECT_TRUE(store_.spend(config_.name, std::vector<store::Limit>{{3, 1h}}));
  EXPECT_TRUE(replica.look_at_budget());
  EXPECT_EQ(replica.left(), 1);
}

/// A probe with a budget and a profile, whose store may be long in answering.
class GatedBudgetTest : public RefreshTest {
 protected:
  GatedBudgetTest() {
    config_.budget = {{5, 1h}};
    profile_ = gated_.add({"p", "a"}).value();
  }
  /// Stops `replica`, where what waits at `gate` gets its answer after the stop.
  static void stop(Replica& replica, support::Gate& gate) {
    auto stopped = std::async(std::launch::async, [&] { replica.stop(); });
    ASSERT_TRUE(eventually([&] { return replica.stopping(); }));
    gate.open();
    ASSERT_TRUE(support::ready(stopped));
  }
  std::uint64_t left() { return gated_.left("test", limits_of(config_)).at(0); }

  support::GatedStore gated_{base::system_clock()};
  core::Profile profile_;
};

TEST_F(GatedBudgetTest, WhatNeverBeganIsNotSpent) {
  const store::Assignment assignment{profile_.id, "test", config_.ttl};
  gated_.assign({&assignment, 1});
  Replica replica(runtime_, gated_, config_, 1h);
  gated_.claims_gate.close();
  replica.start();
  ASSERT_TRUE(eventually([&] { return gated_.claims_gate.waiting() == 1; }));
  EXPECT_EQ(left(), 4U);
  stop(replica, gated_.claims_gate);
  EXPECT_EQ(replica.runs(), 0);
  EXPECT_EQ(left(), 5U);
}

TEST_F(GatedBudgetTest, ATestThatDidNotBeginIsNotSpent) {
  Replica replica(runtime_, gated_, config_);
  replica.start();
  gated_.spends_gate.close();
  auto test = replica.test(profile_);
  ASSERT_TRUE(eventually([&] { return gated_.spends_gate.waiting() == 1; }));
  EXPECT_EQ(left(), 4U);
  stop(replica, gated_.spends_gate);
  ASSERT_TRUE(support::ready(test));
  EXPECT_EQ(test.get().error().code, base::Errc::unavailable);
  EXPECT_EQ(replica.runs(), 0);
  EXPECT_EQ(left(), 5U);
}

TEST_F(GatedBudgetTest, ATestIsSpentIfItAskedSomebody) {
  Replica replica(runtime_, gated_, config_);
  replica.start();
  replica.look([](auto& script) { return script.asked = false; });
  EXPECT_TRUE(replica.test(profile_).get());
  EXPECT_EQ(left(), 5U);
  replica.look([](auto& script) { return script.asked = true; });
  EXPECT_TRUE(replica.test(profile_).get());
  EXPECT_EQ(left(), 4U);
}

TEST_F(RefreshTest, WhatWaitsForItsBudgetIsLate) {
  config_.budget = {{1, 24h}};
  add(2);
  Replica replica(runtime_, store_, config_, 600ms);
  replica.start();
  ASSERT_TRUE(eventually([&] { return measured() == 1 && replica.overdue() > 1; }));
  for (int more = 0; more < 3; ++more) {
    const int before = store_.claims();
    ASSERT_TRUE(eventually([&] { return store_.claims() > before; }));
    EXPECT_GT(replica.overdue(), 1) << "also when it is known when the budget allows the next run";
  }
}

}  // namespace
}  // namespace refresh
