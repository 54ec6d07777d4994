#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "refresh/planner.hpp"
#include "refresh/runner.hpp"

namespace refresh {

/// Keeps every profile measured: gives each its probe, and runs the probes. Used on the background thread.
class Refresher {
 public:
  Refresher(const std::vector<config::ProbeConfig>& probes, Shared shared);
  ~Refresher();

  /// These rows are new or changed. `all`: give rows that another configuration planned their probe anew, which is
  /// done when the configuration is new.
  void observe(std::span<const core::RowPtr> rows, bool all = false);

  /// Runs these probes from now on. One whose configuration is the same goes on undisturbed; one that changed ends its
  /// measurements first, whose tasks are given back. Returns when that is done; observe all rows as the database then
  /// has them. Not to be called again before it has returned.
  boost::asio::awaitable<void> configure(std::vector<config::ProbeConfig> probes);

  /// Asks the database what is left of all limits, for status().
  boost::asio::awaitable<void> look_at_budgets();
  /// In the order in which they match.
  std::vector<ProbeStatus> status() const;
  /// Measures `profile` now, as Runner::test() does. not_found: no probe matches it.
  boost::asio::awaitable<base::Result<TestRun>> test(core::Profile profile);
  const config::ProbeConfig* probe_of(const core::ProfileKey& key) const { return planner_.probe_of(key); }

  /// Returns when stop() was called and all leases are given back.
  boost::asio::awaitable<void> run();
  void stop();

 private:
  void start(const config::ProbeConfig& config);
  /// What runs the probe, if anything does.
  std::shared_ptr<Runner> runner_of(const config::ProbeConfig& config) const;
  boost::asio::awaitable<void> keep(std::shared_ptr<Runner> runner);
  boost::asio::awaitable<void> prepare(Runner& runner);
  boost::asio::awaitable<void> assign_loop();
  boost::asio::awaitable<void> watch_loop();

  Planner planner_;
  Shared shared_;
  std::vector<std::shared_ptr<Runner>> runners_;
  base::TaskGroup group_;
  boost::asio::steady_timer assign_timer_;
  boost::asio::steady_timer watch_timer_;
  /// Cancelled whenever a runner ends, or assignments are written.
  boost::asio::steady_timer ended_;
  std::vector<store::Assignment> unassigned_;
  bool assigning_ = false;
  bool running_ = false;
  bool stopping_ = false;
  /// Before those of the runners.
  std::shared_ptr<void> at_scrape_;
};

}  // namespace refresh
