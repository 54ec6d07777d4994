#pragma once

#include <deque>
#include <memory>
#include <span>
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
  /// done once, at start.
  void observe(std::span<const core::RowPtr> rows, bool all = false);

  /// Returns when stop() was called and all leases are given back.
  boost::asio::awaitable<void> run();
  void stop();

 private:
  boost::asio::awaitable<void> assign_loop();

  Planner planner_;
  Shared shared_;
  std::vector<std::unique_ptr<Runner>> runners_;
  base::TaskGroup group_;
  boost::asio::steady_timer assign_timer_;
  std::vector<store::Assignment> unassigned_;
  bool stopping_ = false;
};

}  // namespace refresh
