#include <gmock/gmock.h>

#include "refresh/refresher.hpp"
#include "support/fake_clock.hpp"
#include "support/refresh_harness.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;
using support::eventually;

TEST_F(RefreshTest, MeasuresEveryProfileOncePerTtl) {
  add(50);
  Replica replica(runtime_, store_, config_);
  replica.start();
  EXPECT_TRUE(eventually([&] { return measured() == 50; }));
  EXPECT_EQ(replica.runs(), 50);
  EXPECT_EQ(rows()[0]->reading->level, core::Level::high);
}

TEST_F(RefreshTest, MeasuresAgainWhenThePeriodIsOver) {
  config_.ttl = 100ms;
  add(1, 100ms);
  Replica replica(runtime_, store_, config_);
  std::vector<base::SteadyTime> begun;
  replica.script->began = [&begun] { begun.push_back(std::chrono::steady_clock::now()); };
  replica.start();
  ASSERT_TRUE(eventually([&] { return replica.runs() >= 20; }));
  replica.stop();
  EXPECT_GE(begun[19] - begun[0], 18 * config_.ttl) << "the first two runs may follow at once";
  base::SteadyTime::duration shortest = 1h;
  for (std::size_t i = 2; i < begun.size(); ++i) shortest = std::min(shortest, begun[i] - begun[i - 1]);
  EXPECT_LT(shortest, 1s) << "as each falls due, not at the next look";
}

TEST_F(RefreshTest, RunsNoMoreAtOnceThanConfigured) {
  config_.concurrency = 3;
  add(30);
  Replica replica(runtime_, store_, config_);
  replica.script->duration = 5ms;
  replica.start();
  EXPECT_TRUE(eventually([&] { return measured() == 30; }));
  EXPECT_EQ(replica.look([](auto& script) { return script.most_running; }), 3);
}

TEST_F(RefreshTest, TasksThatFallDueOneAfterTheOtherAreClaimedTogether) {
  config_.ttl = 200ms;
  add(60, 200ms);
  Replica replica(runtime_, store_, config_);
  const auto begin = std::chrono::steady_clock::now();
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.runs() >= 600; }));
  // Neither a task that falls due nor a result that is written brings the next claim forward.
  EXPECT_LT(store_.claims(), 10 + 1.2 * ((std::chrono::steady_clock::now() - begin) / 25ms));
}

TEST_F(RefreshTest, ARunnerWithNothingToDoClaimsNothing) {
  add(20);
  Replica replica(runtime_, store_, config_);
  replica.start();
  ASSERT_TRUE(eventually([&] { return measured() == 20; }));
  const int looks = store_.looks();
  ASSERT_TRUE(eventually([&] { return store_.looks() >= looks + 2; }));
  const int claims = store_.claims();
  ASSERT_TRUE(eventually([&] { return store_.looks() >= looks + 5; }));
  EXPECT_EQ(store_.claims(), claims) << "it knows that nothing is due";
}

TEST_F(RefreshTest, ALookWakesARunnerForWhatNobodyToldIt) {
  add(1);
  Replica replica(runtime_, store_, config_);
  replica.start();
  ASSERT_TRUE(eventually([&] { return measured() == 1; }));
  add(1);
  EXPECT_TRUE(eventually([&] { return measured() == 2; })) << "another replica assigned it";
  store_.make_due();
  EXPECT_TRUE(eventually([&] { return replica.runs() == 4; })) << "as plain SQL does";
}

TEST_F(RefreshTest, WhatAnotherReplicaGivesBackIsRunAtOnce) {
  add(1);
  Replica first(runtime_, store_, config_, 1h), second(runtime_, store_, config_, 1h);
  for (Replica* replica : {&first, &second}) replica->script->duration = 1h;
  first.start();
  ASSERT_TRUE(eventually([&] { return first.runs() == 1; }));
  second.start();
  ASSERT_TRUE(eventually([&] { return store_.looks() >= 4; }));
  first.stop();
  EXPECT_TRUE(eventually([&] { return second.runs() == 1; })) << "although its lease has an hour to go";
}

TEST_F(RefreshTest, ClaimsNoMoreWhileWritingIsBehind) {
  add(3000);
  store_.refuse_results(true);
  Replica replica(runtime_, store_, config_, 1h);
  replica.start();
  ASSERT_TRUE(eventually([&] { return replica.runs() >= 512; }, 2min));
  const int refused = store_.refusals();
  ASSERT_TRUE(eventually([&] { return store_.refusals() >= refused + 4; }, 2min)) << "it tries again and again";
  EXPECT_LT(replica.runs(), 1500) << "what is being written, as many that wait, and what was claimed before";
  store_.refuse_results(false);
  EXPECT_TRUE(eventually([&] { return measured() == 3000; }, 2min));
  EXPECT_EQ(replica.runs(), 3000);
}

TEST_F(RefreshTest, AFailureKeepsTheLastReading) {
  config_.ttl = 50ms;
  add(1, 50ms);
  Replica replica(runtime_, store_, config_);
  replica.start();
  EXPECT_TRUE(eventually([&] { return measured() == 1; }));
  replica.look([](auto& script) {
    script.result = [](const core::Profile&) { return std::unexpected(std::string("no answer")); };
  });
  EXPECT_TRUE(eventually([&] { return rows()[0]->failure.has_value(); }));
  EXPECT_EQ(rows()[0]->failure->error, "no answer");
  EXPECT_EQ(rows()[0]->reading->level, core::Level::high);
}

TEST_F(RefreshTest, StopCutsMeasurementsAndGivesTheLeasesBack) {
  add(20);
  Replica first(runtime_, store_, config_, 1h);
  first.script->duration = 1h;
  first.start();
  EXPECT_TRUE(eventually([&] { return first.look([](auto& script) { return script.running; }) == 20; }));
  first.stop();
  EXPECT_EQ(measured(), 0U) << "a measurement that was cut off says nothing";
  EXPECT_FALSE(rows()[0]->failure);
  Replica second(runtime_, store_, config_, 1h);
  second.start();
  EXPECT_TRUE(eventually([&] { return measured() == 20; })) << "although the first one's leases had an hour to go";
}

TEST_F(RefreshTest, WhatHasEndedIsWrittenAtTheStop) {
  add(3);
  Replica replica(runtime_, store_, config_);
  replica.script->duration = 1h;
  replica.script->ends_when_cancelled = true;
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.runs() == 3; }));
  replica.stop();
  EXPECT_EQ(measured(), 3U);
}

TEST_F(RefreshTest, AProbeWithTooFewResultsHasFailed) {
  add(1);
  Replica replica(runtime_, store_, config_);
  replica.script->forgets = true;
  replica.start();
  EXPECT_TRUE(eventually([&] { return rows()[0]->failure.has_value(); }));
  EXPECT_EQ(rows()[0]->failure->error, "an error in the probe; it has been logged");
}

TEST_F(RefreshTest, ShowsHowLateTheOldestTaskIsWhateverItClaims) {
  config_.concurrency = 1;
  add(2);
  Replica replica(runtime_, store_, config_, 600ms);
  replica.script->duration = 1h;
  config_.timeout = 1h;
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.overdue() > 0.3; })) << "one waits for the slot";
  const double before = replica.overdue();
  store_.lose(true);
  EXPECT_TRUE(eventually([&] { return replica.overdue() > before + 0.5; })) << "nobody can look, time passes";
  store_.lose(false);
}

TEST_F(RefreshTest, WhatIsDoneInTimeIsNotLate) {
  config_.ttl = 100ms;
  add(5, 100ms);
  Replica replica(runtime_, store_, config_);
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.runs() >= 20; }));
  EXPECT_LT(replica.overdue(), 60);
  EXPECT_EQ(replica.problem(), "");
}

TEST_F(RefreshTest, AProbeThatThrowsHasFailedAndFreesItsSlot) {
  config_.concurrency = 1;
  add(2);
  Replica replica(runtime_, store_, config_);
  replica.script->result = [](const core::Profile& profile) -> probe::Result {
    if (profile.key.name == "0000") throw std::logic_error("secret bug");
    return core::Measurement{.level = core::Level::low};
  };
  replica.start();
  ASSERT_TRUE(eventually([&] { return measured() == 1 && rows()[0]->failure.has_value(); }));
  EXPECT_THAT(rows()[0]->failure->error, testing::Not(testing::HasSubstr("secret")));
}

TEST_F(RefreshTest, ATestShowsTheFirst16KilobytesOfItsTrace) {
  const core::Profile profile = store_.add({"p", "a"}).value();
  Replica replica(runtime_, store_, config_);
  const auto shown = [&](std::size_t bytes) {
    replica.look([&](auto& script) { return script.sent = std::string(bytes, 'x'); });
    return replica.test(profile).get()->trace.sent;
  };
  EXPECT_EQ(shown(16384), std::string(16384, 'x'));
  EXPECT_EQ(shown(16385), std::string(16384, 'x') + "…");
}

TEST_F(RefreshTest, TwoReplicasShareTheWork) {
  config_.concurrency = 5;
  add(200);
  Replica first(runtime_, store_, config_);
  Replica second(runtime_, store_, config_);
  for (Replica* replica : {&first, &second}) {
    replica->script->duration = 1h;
    replica->start();
  }
  for (Replica* replica : {&first, &second})
    EXPECT_TRUE(eventually([&] { return replica->look([](auto& script) { return script.running; }) == 5; }));
  for (Replica* replica : {&first, &second}) replica->look([](auto& script) { script.duration = 5ms; });
  EXPECT_TRUE(eventually([&] { return measured() == 200; }));
  EXPECT_EQ(first.runs() + second.runs(), 200);
}

TEST_F(RefreshTest, TheGraceIsTheTimeoutAndAtMostThePeriod) {
  for (const auto [timeout, grace] : {std::pair<base::Duration, base::Duration>{20min, 20min}, {3h, 1h}}) {
    config_.timeout = timeout;
    const int before = static_cast<int>(rows().size());
    add(1);
    Replica replica(runtime_, store_, config_);
    replica.start();
    ASSERT_TRUE(eventually([&] { return measured() == static_cast<std::size_t>(before) + 1; }));
    const auto reading = *rows().back()->reading;
    EXPECT_EQ(reading.stale_at - reading.measured_at, config_.ttl + grace);
    EXPECT_EQ(reading.expires_at - reading.measured_at, config_.effective_expire_after());
    replica.stop();
  }
}

TEST_F(RefreshTest, WhatWasWrittenWhileItsLeaseWasRenewedIsNotLost) {
  // Its time stands still, so that no lease ends by itself; with this period tasks are due again at once.
  const support::FakeClock stopped;
  support::MemoryStore store(stopped);
  config_.ttl = 0s;
  for (const char* name : {"a", "b", "c"}) {
    const store::Assignment assignment{store.add({"p", name})->id, "test", config_.ttl};
    store.assign({&assignment, 1});
  }
  store.delay_renewals(20ms);
  Replica replica(runtime_, store, config_, 30ms);
  replica.start();
  EXPECT_TRUE(eventually([&] { return store.renewals() >= 10 && replica.runs() >= 100; }));
  EXPECT_EQ(replica.lost_leases(), 0);
  EXPECT_EQ(replica.refused(), 0);
}

TEST_F(RefreshTest, AProbeThatHangsDelaysNoOther) {
  const std::vector<config::ProbeConfig> probes{
      {.name = "hangs",
       .match = {"bad", "*"},
       .ttl = 1h,
       .timeout = 1h,
       .concurrency = 1,
       .simulated = {.duration = 1h}},
      {.name = "works", .ttl = 1h, .timeout = 1s, .simulated = {.duration = 1ms}}};
  base::Metrics metrics;
  store::Caller caller(1, metrics);
  base::Fault fault("the database");
  DatabaseWatch watch(fault);
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(store_.add({"bad", name}));
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(store_.add({"good", name}));
  Refresher refresher(probes, {.executor = runtime_.background().get_executor(),
                               .plan = store_,
                               .tasks = store_,
                               .budgets = store_,
                               .demand = store_,
                               .database = {caller, watch},
                               .metrics = metrics,
                               .owner = "me",
                               .lease = 15s,
                               .written = [] {}});
  auto run = support::start(runtime_.background(), refresher.run());
  const auto all = rows();
  support::on(runtime_.background(), [&] { refresher.observe(all, true); });
  EXPECT_TRUE(eventually([&] { return measured() == 3; }));
  for (const auto& row : rows()) EXPECT_EQ(row->reading.has_value(), row->profile.key.provider == "good");
  support::on(runtime_.background(), [&] { refresher.stop(); });
  ASSERT_TRUE(support::ready(run));
}

}  // namespace
}  // namespace refresh
