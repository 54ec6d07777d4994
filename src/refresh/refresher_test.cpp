#include "refresh/refresher.hpp"

#include <gmock/gmock.h>

#include "support/gated_store.hpp"
#include "support/refresh_harness.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;
using support::eventually;

/// Whole refreshers, whose simulated probes take no time.
class ConfigureTest : public RefreshTest {
 protected:
  static config::ProbeConfig probe(const std::string& name, const std::string& glob, base::Duration duration = 0ms) {
    return {.name = name, .match = {"*", glob}, .ttl = 1h, .timeout = 1h, .simulated = {.duration = duration}};
  }
  void start(std::vector<config::ProbeConfig> probes) {
    start(std::move(probes), store_);
    observe();
  }
  void start(std::vector<config::ProbeConfig> probes, store::Store& store) {
    refresher_ = std::make_unique<Refresher>(probes, Shared{.executor = runtime_.background().get_executor(),
                                                            .plan = store,
                                                            .tasks = store,
                                                            .budgets = store,
                                                            .demand = store,
                                                            .database = {caller_, watch_},
                                                            .metrics = metrics_,
                                                            .owner = "a",
                                                            .lease = 15s,
                                                            .written = [] {}});
    run_ = support::start(runtime_.background(), refresher_->run());
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
    gated_.assigns_gate.open();
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

  support::GatedStore gated_{base::system_clock()};
  base::Metrics metrics_;
  store::Caller caller_{2, metrics_};
  base::Fault fault_{"the database"};
  DatabaseWatch watch_{fault_};
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

TEST_F(ConfigureTest, WhatWasPlannedForProbesThatAreGoneIsNotAssigned) {
  start({probe("first", "*")});
  for (const char* name : {"a", "b"}) ASSERT_TRUE(store_.add({"p", name}));
  const auto all = rows();
  const auto plan = [&](std::size_t index) {
    support::on(runtime_.background(), [&] { refresher_->observe(std::span(all).subspan(index, 1), true); });
  };
  store_.lose(true);
  plan(0);
  auto done = support::start(runtime_.background(), refresher_->configure({probe("second", "*")}));
  ASSERT_TRUE(support::ready(done));
  store_.lose(false);
  EXPECT_TRUE(eventually([&] { return !fault_.since(); })) << "nothing is left to assign";
  plan(1);
  EXPECT_TRUE(eventually([&] { return rows()[1]->probe == "second"; }));
  EXPECT_EQ(rows()[0]->probe, "");
}

TEST_F(ConfigureTest, WhatIsBeingAssignedEndsBeforeNewProbesTakeOver) {
  ASSERT_TRUE(gated_.add({"p", "a"}));
  start({probe("first", "*")}, gated_);
  gated_.assigns_gate.close();
  support::on(runtime_.background(), [&] { refresher_->observe(gated_.load().rows); });
  ASSERT_TRUE(eventually([&] { return gated_.assigns_gate.waiting() == 1; }));
  auto done = support::start(runtime_.background(), refresher_->configure({probe("second", "*")}));
  // Its probe is gone, and configure() has had two turns to see that.
  ASSERT_TRUE(
      eventually([&] { return support::on(runtime_.background(), [&] { return refresher_->status().empty(); }); }));
  for (int turn = 0; turn < 2; ++turn) support::on(runtime_.background(), [] {});
  EXPECT_EQ(done.wait_for(0s), std::future_status::timeout);
  gated_.assigns_gate.open();
  EXPECT_TRUE(support::ready(done));
}

TEST_F(ConfigureTest, AProbeThatCouldNotBeginCanBeReplaced) {
  store_.lose(true);
  start({probe("first", "*")}, store_);
  ASSERT_TRUE(eventually([&] { return fault_.text().contains("first cannot prepare its tasks"); }));
  auto done = support::start(runtime_.background(), refresher_->configure({}));
  EXPECT_TRUE(support::ready(done)) << "although the database is away";
  store_.lose(false);
}

TEST_F(ConfigureTest, RowsThatAnotherConfigurationPlannedStayWithIt) {
  start({probe("first", "*")});
  const store::Assignment elsewhere{store_.add({"p", "a"})->id, "elsewhere", 1h};
  store_.assign({&elsewhere, 1});
  ASSERT_TRUE(store_.add({"p", "b"}));
  const auto all = rows();
  support::on(runtime_.background(), [&] { refresher_->observe(all); });
  ASSERT_TRUE(eventually([&] { return rows()[1]->probe == "first"; }));
  EXPECT_EQ(rows()[0]->probe, "elsewhere");
}

TEST_F(ConfigureTest, WhatCannotBeAssignedIsTriedAgain) {
  start({probe("first", "*")});
  ASSERT_TRUE(store_.add({"p", "a"}));
  const auto all = rows();
  store_.lose(true);
  support::on(runtime_.background(), [&] { refresher_->observe(all, false); });
  ASSERT_TRUE(eventually([&] { return fault_.text().contains("profiles cannot get their probe"); }));
  store_.lose(false);
  EXPECT_TRUE(all_measured_by("first"));
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

// --- What autoscalers see

class DemandTest : public ConfigureTest {
 protected:
  static config::ProbeConfig busy(const std::string& name, std::size_t slots) {
    auto config = probe(name, name + "*", 1h);
    config.concurrency = slots;
    return config;
  }
  void add(const std::string& prefix, int count) {
    for (int i = 0; i < count; ++i) std::ignore = store_.add({"p", fmt::format("{}{}", prefix, i)});
  }
  double shown(const std::string& name, const base::Labels& labels = {}) {
    std::ignore = metrics_.text();
    return metrics_.gauge(name, "", labels).Value();
  }
  double used() { return shown("vacancy_probe_slots_used_ratio"); }
  double overdue() { return shown("vacancy_overdue_max_seconds"); }
};

TEST_F(DemandTest, IsThatOfTheBusiestProbe) {
  add("full", 5);
  add("half", 2);
  start({busy("full", 2), busy("half", 4)});
  EXPECT_TRUE(eventually([&] { return used() > 0.9 && overdue() > 0; }));
  EXPECT_LE(used(), 1);
  EXPECT_EQ(shown("vacancy_probe_slots", {{"probe", "full"}}), 2);
  EXPECT_EQ(shown("vacancy_probe_slots", {{"probe", "half"}}), 4);
  configure({busy("half", 4)});
  EXPECT_TRUE(eventually([&] { return used() > 0.4 && used() <= 0.5 && overdue() == 0; }));
}

TEST_F(DemandTest, IsNoneWhereMoreSlotsWouldNotHelp) {
  add("limited", 3);
  add("down", 3);
  auto limited = busy("limited", 2);
  limited.budget = {{2, 1h}};
  config::ProbeConfig down{
      .name = "down", .kind = "exec", .match = {"*", "down*"}, .ttl = 1ms, .timeout = 1h, .concurrency = 1};
  down.exec.command = {"/no/such"};
  start({limited, down});
  EXPECT_TRUE(eventually([&] { return status(0).running == 2 && status(1).slow_since; }));
  EXPECT_TRUE(eventually([&] { return shown("vacancy_overdue_seconds", {{"probe", "down"}}) > 1; }));
  EXPECT_EQ(used(), 0);
  EXPECT_EQ(overdue(), 0);
}

}  // namespace
}  // namespace refresh
