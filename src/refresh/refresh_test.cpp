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
  ProbeStatus status() {
    return support::on(runtime_.background(), [this] { return runner_.status(); });
  }
  std::optional<std::uint64_t> left() {
    const auto left = status().left;
    return left.empty() ? std::nullopt : std::optional(left.front());
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
  add(200);
  Replica first(runtime_, store_, config_);
  Replica second(runtime_, store_, config_);
  for (Replica* replica : {&first, &second}) {
    replica->script->duration = 5ms;
    replica->start();
  }
  EXPECT_TRUE(eventually([&] { return measured() == 200; }));
  EXPECT_EQ(first.runs() + second.runs(), 200);
  EXPECT_GT(first.runs(), 40);
  EXPECT_GT(second.runs(), 40);
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
  const core::ProfileId id = rows()[0]->profile.id;
  ASSERT_TRUE(store_.replace(id, {"p", "renamed"}));
  const std::vector<store::Assignment> again = {{id, "test", config_.ttl}};
  store_.assign(again);
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

TEST_F(RefreshTest, ABatchedProbeRunsOnceForAllItsProfiles) {
  config_.kind = "slurm";
  store_.prepare("test", config_.ttl, true);
  for (const char* name : {"a", "b", "c"}) {
    const store::Assignment assignment{store_.add({"p", name})->id, "test", config_.ttl, true};
    store_.assign({&assignment, 1});
  }
  Replica first(runtime_, store_, config_);
  Replica second(runtime_, store_, config_);
  first.start();
  second.start();
  EXPECT_TRUE(eventually([&] { return measured() == 3; }));
  const auto calls = [](auto& script) { return script.calls; };
  EXPECT_EQ(first.look(calls) + second.look(calls), 1);
}

TEST_F(RefreshTest, WhatABatchDiscoversIsAddedAndRetired) {
  config_.kind = "slurm";
  config_.ttl = 50ms;
  store_.prepare("test", config_.ttl, true);
  Replica replica(runtime_, store_, config_);
  const auto discover = [&](std::vector<core::ProfileKey> keys) {
    replica.look([&](auto& script) { return script.discovered = std::move(keys); });
  };
  discover({{"p", "batch"}, {"p", "gpu"}});
  replica.start();
  EXPECT_TRUE(eventually([&] { return rows().size() == 2; }));
  discover({{"p", "gpu"}});
  EXPECT_TRUE(eventually([&] { return rows().size() == 1 && rows()[0]->profile.key.name == "gpu"; }));
}

TEST_F(RefreshTest, WhatIsDiscoveredComesBackAfterSomebodyRemovedIt) {
  config_.kind = "slurm";
  config_.ttl = 50ms;
  store_.prepare("test", config_.ttl, true);
  Replica replica(runtime_, store_, config_);
  replica.look([](auto& script) { script.discovered = {{{"p", "gpu"}}}; });
  replica.start();
  ASSERT_TRUE(eventually([&] { return rows().size() == 1; }));
  const core::ProfileId removed = rows()[0]->profile.id;
  ASSERT_TRUE(store_.remove(removed));
  EXPECT_TRUE(eventually([&] { return rows().size() == 1 && rows()[0]->profile.id != removed; }));
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

TEST_F(RefreshTest, ASourceThatIsDownIsAskedLessAndItsRowsSayWhy) {
  config_.ttl = 20ms;
  add(3, config_.ttl);
  Replica replica(runtime_, store_, config_);
  const auto say = [&](probe::Result result) {
    replica.look([&](auto& script) {
      script.result = [result](const auto&) { return result; };
      return 0;
    });
  };
  say(std::unexpected(std::string("no answer")));
  replica.start();
  const auto all_say = [&](std::string_view text) {
    return std::ranges::all_of(
        rows(), [&](const auto& row) { return row->failure && row->failure->error.find(text) != std::string::npos; });
  };
  EXPECT_TRUE(eventually([&] { return all_say("no answer; slowed down since 20"); }));
  EXPECT_TRUE(eventually([&] { return replica.status().slow_since.has_value(); }));
  // The longest pause is ten periods. Undisturbed there would be three runs in each.
  const int before = replica.runs();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(eventually([&] { return replica.runs() >= before + 4; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 3 * config_.ttl);
  core::Measurement low;
  low.level = core::Level::low;
  say(low);
  EXPECT_TRUE(eventually([&] { return measured() == 3 && !replica.status().slow_since; }));
}

/// Whole refreshers, whose simulated probes take no time.
class ConfigureTest : public RefreshTest {
 protected:
  static config::ProbeConfig probe(const std::string& name, const std::string& glob, base::Duration duration = 0ms) {
    return {.name = name, .match = {"*", glob}, .ttl = 1h, .timeout = 1h, .simulated = {.duration = duration}};
  }
  void start(std::vector<config::ProbeConfig> probes) {
    refresher_ = std::make_unique<Refresher>(probes, Shared{.executor = runtime_.background().get_executor(),
                                                            .store = store_,
                                                            .database = database_,
                                                            .metrics = metrics_,
                                                            .owner = "a",
                                                            .lease = 15s,
                                                            .written = [] {}});
    run_ = support::start(runtime_.background(), refresher_->run());
    observe();
  }
  void observe() {
    support::on(runtime_.background(), [this] {
      refresher_->observe(rows(), true);
      return 0;
    });
  }
  void configure(std::vector<config::ProbeConfig> probes) {
    auto done = support::start(runtime_.background(), refresher_->configure(std::move(probes)));
    ASSERT_TRUE(support::ready(done));
    done.get();
    observe();
  }
  ProbeStatus status(std::size_t index) {
    return support::on(runtime_.background(), [&] { return refresher_->status().at(index); });
  }
  ~ConfigureTest() override {
    support::on(runtime_.background(), [this] {
      refresher_->stop();
      return 0;
    });
    EXPECT_TRUE(support::ready(run_));
  }
  /// Every profile has this probe and a reading.
  bool all_measured_by(std::string_view probe) {
    return eventually([&] {
      return std::ranges::all_of(rows(), [&](const auto& row) { return row->probe == probe && row->reading; });
    });
  }

  base::Metrics metrics_;
  base::OffloadPool database_{"test", 2};
  std::unique_ptr<Refresher> refresher_;
  std::future<void> run_;
};

TEST_F(ConfigureTest, NewProbesTakeOverAndReadingsStay) {
  for (const char* name : {"a1", "a2"}) ASSERT_TRUE(store_.add({"p", name}));
  start({probe("first", "*")});
  EXPECT_TRUE(all_measured_by("first"));
  const auto before = rows();
  configure({probe("hangs", "a*", 30min), probe("first", "*")});
  EXPECT_TRUE(eventually([&] { return rows()[0]->probe == "hangs" && rows()[1]->probe == "hangs"; }));
  EXPECT_EQ(rows()[0]->reading, before[0]->reading);
  EXPECT_TRUE(eventually([&] { return status(0).running == 2; }));
  configure({probe("second", "*")});
  EXPECT_TRUE(all_measured_by("second"));
}

TEST_F(ConfigureTest, AnUnchangedProbeGoesOnUndisturbed) {
  ASSERT_TRUE(store_.add({"p", "slow"}));
  ASSERT_TRUE(store_.add({"p", "quick"}));
  start({probe("slow", "slow", 30min), probe("quick", "quick")});
  EXPECT_TRUE(eventually([&] { return status(0).running == 1; }));
  configure({probe("slow", "slow", 30min), probe("new", "quick")});
  EXPECT_EQ(status(0).running, 1U);
  EXPECT_EQ(status(1).config.name, "new");
  EXPECT_TRUE(eventually([&] { return rows()[1]->probe == "new" && rows()[1]->reading; }));
}

TEST_F(ConfigureTest, AShorterPeriodTakesEffectAtOnce) {
  ASSERT_TRUE(store_.add({"p", "a"}));
  auto config = probe("p", "*");
  config.ttl = 24h;
  start({config});
  EXPECT_TRUE(all_measured_by("p"));
  const auto first = rows()[0]->reading->measured_at;
  config.ttl = 20ms;
  configure({config});
  EXPECT_TRUE(eventually([&] { return rows()[0]->reading->measured_at > first; }));
}

TEST_F(ConfigureTest, AProfileCanBeTestedWithoutAChange) {
  const auto profile = store_.add({"p", "a"}).value();
  auto config = probe("p", "a", 0ms);
  config.budget = {{1, 1h}};
  start({config});
  EXPECT_TRUE(all_measured_by("p"));
  const auto revision = store_.load().version.revision;
  auto test = [&](core::Profile profile) {
    return support::start(runtime_.background(), refresher_->test(std::move(profile))).get();
  };
  EXPECT_EQ(test(profile).error().code, base::Errc::conflict) << "the budget is used up";
  config.budget.clear();
  configure({config});
  const auto run = test(profile);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->result->reason, "picked at random");
  EXPECT_EQ(store_.load().version.revision, revision);
  EXPECT_EQ(test({9, {"p", "other"}}).error().code, base::Errc::not_found);
}

}  // namespace
}  // namespace refresh
