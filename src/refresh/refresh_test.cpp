#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/runtime.hpp"
#include "refresh/refresher.hpp"
#include "refresh/runner.hpp"
#include "support/eventually.hpp"
#include "support/memory_store.hpp"
#include "support/scripted_probe.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;
using support::eventually;
using support::ScriptedProbe;

/// One replica's runner of one scripted probe.
class Replica {
 public:
  Replica(base::Runtime& runtime, store::Store& store, config::ProbeConfig config, base::Duration lease = 15s)
      : runtime_(runtime),
        database_("test", 2),
        shared_{.executor = runtime.background().get_executor(),
                .store = store,
                .database = database_,
                .metrics = metrics_,
                .owner = fmt::format("replica-{}", ++count_),
                .lease = lease,
                .written = [] {}},
        runner_(config, std::make_unique<ScriptedProbe>(script), shared_) {}
  ~Replica() { stop(); }

  void start() { run_ = support::start(runtime_.background(), runner_.run()); }
  void stop() {
    if (!run_.valid()) return;
    support::on(runtime_.background(), [this] { runner_.stop(); });
    ASSERT_TRUE(support::ready(run_));
    run_.get();
  }
  template <class F>
  auto look(F f) {
    return support::on(runtime_.background(), [&] { return f(*script); });
  }
  int runs() {
    return look([](const auto& script) {
      int sum = 0;
      for (const auto& [profile, runs] : script.runs) sum += runs;
      return sum;
    });
  }
  double refused() {
    return metrics_.counter("vacancy_writes_refused_total", "Late results refused by their token", {{"probe", "test"}})
        .Value();
  }

  std::shared_ptr<ScriptedProbe::Script> script = std::make_shared<ScriptedProbe::Script>();

 private:
  static inline int count_ = 0;
  base::Runtime& runtime_;
  base::Metrics metrics_;
  base::OffloadPool database_;
  Shared shared_;
  Runner runner_;
  std::future<void> run_;
};

class RefreshTest : public testing::Test {
 protected:
  RefreshTest() { runtime_.start(); }

  void add(int count, base::Duration ttl = 1h) {
    for (int i = 0; i < count; ++i) {
      const auto profile = store_.add({"p", fmt::format("{:04}", added_++)}).value();
      const store::Assignment assignment{profile.id, "test", ttl};
      store_.assign({&assignment, 1});
    }
  }
  std::vector<core::RowPtr> rows() { return store_.load().rows; }
  std::size_t measured() {
    return static_cast<std::size_t>(
        std::ranges::count_if(rows(), [](const auto& row) { return row->reading.has_value(); }));
  }

  config::ProbeConfig config_{.name = "test", .ttl = 1h, .timeout = 5s};
  support::MemoryStore store_{base::system_clock()};
  base::Runtime runtime_{1};
  int added_ = 0;
};

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
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.runs() >= 5; }));
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
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.runs() >= 600; }));
  EXPECT_LT(store_.claims(), 300) << "600 runs, spread over all of the time";
}

TEST_F(RefreshTest, ClaimsNoMoreWhileWritingIsBehind) {
  add(3000);
  store_.refuse_results(true);
  Replica replica(runtime_, store_, config_);
  replica.start();
  ASSERT_TRUE(eventually([&] { return replica.runs() >= 512; }));
  EXPECT_FALSE(eventually([&] { return replica.runs() > 1000; }, 300ms));
  store_.refuse_results(false);
  EXPECT_TRUE(eventually([&] { return measured() == 3000; }));
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

TEST_F(RefreshTest, TwoReplicasShareTheWork) {
  config_.concurrency = 5;
  add(60);
  Replica first(runtime_, store_, config_);
  Replica second(runtime_, store_, config_);
  for (Replica* replica : {&first, &second}) {
    replica->script->duration = 5ms;
    replica->start();
  }
  EXPECT_TRUE(eventually([&] { return measured() == 60; }));
  EXPECT_EQ(first.runs() + second.runs(), 60);
  EXPECT_GT(first.runs(), 10);
  EXPECT_GT(second.runs(), 10);
}

TEST_F(RefreshTest, ALongProbeKeepsItsLease) {
  add(1);
  Replica first(runtime_, store_, config_, 90ms);
  first.script->duration = 500ms;
  first.start();
  EXPECT_TRUE(eventually([&] { return first.runs() == 1; }));
  Replica second(runtime_, store_, config_, 90ms);
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
  ASSERT_TRUE(store_.replace(rows()[0]->profile.id, {"p", "renamed"}));
  EXPECT_TRUE(eventually([&] { return replica.refused() == 1; }));
  EXPECT_TRUE(eventually([&] { return measured() == 1; }));
  EXPECT_EQ(replica.runs(), 2);
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
  base::OffloadPool database("test", 1);
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(store_.add({"bad", name}));
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(store_.add({"good", name}));
  Refresher refresher(probes, {.executor = runtime_.background().get_executor(),
                               .store = store_,
                               .database = database,
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
