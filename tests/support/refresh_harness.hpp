#pragma once

#include <gtest/gtest.h>

#include "base/runtime.hpp"
#include "refresh/runner.hpp"
#include "support/eventually.hpp"
#include "support/memory_store.hpp"
#include "support/scripted_probe.hpp"

namespace refresh {

using namespace std::chrono_literals;
using support::ScriptedProbe;

class Replica {
 public:
  Replica(base::Runtime& runtime, store::Store& store, config::ProbeConfig config, base::Duration lease = 15s)
      : runtime_(runtime),
        caller_(2, metrics_),
        shared_{.executor = runtime.background().get_executor(),
                .plan = store,
                .tasks = store,
                .budgets = store,
                .demand = store,
                .database = {caller_, watch_},
                .metrics = metrics_,
                .owner = fmt::format("replica-{}", ++count_),
                .lease = lease,
                .written = [] {}},
        runner_(config, std::make_unique<ScriptedProbe>(script), shared_) {}
  ~Replica() { stop(); }

  void start() {
    looks_ =
        support::start(runtime_.background(), look_loop(
                                                  shared_, stopped_, [] { return std::vector<std::string>{"test"}; },
                                                  [this](const Look& look) { runner_.looked(look); }));
    run_ = support::start(runtime_.background(), runner_.run());
  }
  void stop() {
    if (!run_.valid()) return;
    support::on(runtime_.background(), [this] {
      stopped_.set();
      runner_.stop();
    });
    for (std::future<void>* ended : {&looks_, &run_}) {
      ASSERT_TRUE(support::ready(*ended));
      ended->get();
    }
  }
  void wake() {
    support::on(runtime_.background(), [this] { runner_.wake(); });
  }
  const std::string& owner() const { return shared_.owner; }
  bool stopping() {
    return support::on(runtime_.background(), [this] { return runner_.stopping(); });
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
  bool look_at_budget() {
    auto done = support::start(runtime_.background(), runner_.look_at_budget());
    return support::ready(done);
  }
  std::optional<std::uint64_t> left() {
    const auto left = status().left;
    return left.empty() ? std::nullopt : std::optional(left.front());
  }
  /// As a scrape sees it.
  double overdue() {
    std::ignore = metrics_.text();
    return metrics_
        .gauge("vacancy_overdue_seconds", "How long the oldest due task of the probe has waited for its run",
               {{"probe", "test"}})
        .Value();
  }
  /// Starts a test run, whose end is the test's to wait for.
  std::future<base::Result<TestRun>> test(core::Profile profile) {
    return support::start(runtime_.background(), runner_.test(std::move(profile)));
  }
  double slowed_down() {
    return metrics_
        .gauge("vacancy_probe_slowed_down", "1 while the probe is slowed down by failures", {{"probe", "test"}})
        .Value();
  }
  /// How many runs ended so: "ok" or "failed".
  double ended(const char* result) {
    return metrics_
        .counter("vacancy_probes_total", "Probes that ran, by result", {{"probe", "test"}, {"result", result}})
        .Value();
  }
  std::string problem() const { return watch_.problem(); }
  bool failing() const { return fault_.since().has_value(); }
  double lost_leases() {
    return metrics_
        .counter(
            "vacancy_leases_lost_total",
            "Leases lost while the probe ran: taken over, not renewed in time, or the profile was changed or removed",
            {{"probe", "test"}})
        .Value();
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
  base::Fault fault_{"the database"};
  DatabaseWatch watch_{fault_};
  store::Caller caller_;
  Shared shared_;
  Runner runner_;
  base::Event stopped_{shared_.executor};
  std::future<void> looks_, run_;
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

}  // namespace refresh
