// A runner whose database is away.
#include "support/captured_log.hpp"
#include "support/refresh_harness.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;
using support::eventually;

TEST_F(RefreshTest, StopDoesNotWaitForReadingsThatCannotBeWritten) {
  add(3);
  store_.refuse_results(true);
  Replica replica(runtime_, store_, config_);
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.runs() == 3 && store_.refusals() > 0; }));
  replica.stop();
  EXPECT_EQ(measured(), 0U);
}

TEST_F(RefreshTest, ReadingsWaitForALostDatabase) {
  add(10);
  Replica replica(runtime_, store_, config_);
  replica.script->duration = 50ms;
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.runs() == 10; }));
  store_.lose(true);
  EXPECT_TRUE(eventually([&] { return replica.look([](auto& script) { return script.running; }) == 0; }));
  store_.lose(false);
  EXPECT_TRUE(eventually([&] { return measured() == 10; }));
  EXPECT_EQ(replica.runs(), 10) << "nothing is measured twice";
}

TEST_F(RefreshTest, StopDoesNotWaitForALostDatabase) {
  add(10);
  Replica replica(runtime_, store_, config_);
  replica.script->duration = 1h;
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.look([](auto& script) { return script.running; }) == 10; }));
  store_.lose(true);
  replica.stop();
  store_.lose(false);
  EXPECT_EQ(measured(), 0U);
}

TEST_F(RefreshTest, AttemptsAreFewAndToldOnceWhileTheDatabaseIsLost) {
  add(1);
  const support::CapturedLog log;
  store_.lose(true);
  Replica replica(runtime_, store_, config_);
  const auto begin = std::chrono::steady_clock::now();
  replica.start();
  ASSERT_TRUE(eventually([&] { return store_.claims() >= 5; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms + 200ms + 400ms + 800ms) << "pauses double";
  EXPECT_EQ(log.count(" cannot "), 1U) << "one fault, whatever fails";
  store_.lose(false);
  EXPECT_TRUE(eventually([&] { return measured() == 1; }));
  EXPECT_TRUE(eventually([&] { return log.count("info the database works again") == 1; }));
  // A second time: the pauses begin anew.
  store_.lose(true);
  const int before = store_.claims();
  replica.wake();
  EXPECT_TRUE(eventually([&] { return store_.claims() >= before + 4; }));
  store_.lose(false);
}

TEST_F(RefreshTest, AReplicaThatIsGoneLeavesNoFault) {
  add(1);
  store_.lose(true);
  base::Fault fault("the database");
  DatabaseWatch watch(fault);
  base::Metrics metrics;
  store::Caller caller(1, metrics);
  Shared shared{.executor = runtime_.background().get_executor(),
                .plan = store_,
                .tasks = store_,
                .budgets = store_,
                .demand = store_,
                .database = {caller, watch},
                .metrics = metrics,
                .owner = "me",
                .lease = 15s,
                .written = [] {}};
  Runner runner(config_, std::make_unique<ScriptedProbe>(std::make_shared<ScriptedProbe::Script>()), shared);
  auto run = support::start(runtime_.background(), runner.run());
  EXPECT_TRUE(eventually([&] { return fault.since().has_value(); }));
  support::on(runtime_.background(), [&] { runner.stop(); });
  ASSERT_TRUE(support::ready(run));
  EXPECT_FALSE(fault.since()) << "as after a reload without this probe";
}

}  // namespace
}  // namespace refresh
