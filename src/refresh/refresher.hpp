#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "refresh/planner.hpp"
#include "refresh/runner.hpp"

namespace refresh {

/// Keeps all profiles measured: gives each its probe, and runs the probes. Used on the background thread.
class Refresher {
 public:
  Refresher(const std::vector<config::ProbeConfig>& probes, Shared shared);
  ~Refresher();

  /// These rows are new or changed. `all`: also plan rows again that another configuration planned, for a configuration
  /// that is new.
  void observe(std::span<const core::RowPtr> rows, bool all = false);

  /// Runs these probes from now on. A probe with the same configuration goes on undisturbed; one that changed ends its
  /// measurements and gives its tasks back first. Returns when that is done; then observe all rows. REQUIRES: no other
  /// call of it is under way.
  boost::asio::awaitable<void> configure(std::vector<config::ProbeConfig> probes);

  /// The probes with more than one period.
  std::vector<config::ProbeConfig> paced_probes() const;
  /// Runs what is wanted of probes, by their names, more often from now on, and others less.
  boost::asio::awaitable<void> follow(const std::map<std::string, Demanded>& all);

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
  /// The runner of this probe, or null.
  std::shared_ptr<Runner> runner_of(const config::ProbeConfig& config) const;
  boost::asio::awaitable<void> keep(std::shared_ptr<Runner> runner);
  boost::asio::awaitable<void> prepare(std::shared_ptr<Runner> runner);
  boost::asio::awaitable<void> assign_loop();
  boost::asio::awaitable<void> watch_loop();

  Planner planner_;
  Shared shared_;
  std::vector<std::shared_ptr<Runner>> runners_;
  base::TaskGroup group_;
  base::Event stopped_;
  /// There are profiles to assign, or stop() was called.
  base::Event planned_;
  /// A runner ended, or assignments were written.
  base::Event ended_;
  std::vector<store::Assignment> unassigned_;
  bool assigning_ = false;
  bool running_ = false;
  /// Runs before those of the runners.
  std::shared_ptr<void> at_scrape_;
};

}  // namespace refresh
