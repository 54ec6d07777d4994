#pragma once

#include <vector>

#include "base/metrics.hpp"
#include "base/recent.hpp"
#include "config/config.hpp"
#include "refresh/backlog.hpp"

namespace refresh {

/// The need for more slots, over all probes of a process, for autoscalers (docs/scaling.md).
struct Demand {
  explicit Demand(base::Metrics& metrics);

  /// The highest share of slots in use, and the lateness of the most overdue task.
  prometheus::Gauge& used_ratio;
  prometheus::Gauge& overdue;
};

/// The metrics of a runner, by probe. `metrics` and `backlog` outlive it.
class Meters {
 public:
  /// `slots`: how many runs at the same time.
  Meters(base::Metrics& metrics, const config::ProbeConfig& config, const Backlog& backlog, std::size_t slots);
  /// Zeroes the gauges of a probe that was removed.
  ~Meters();
  Meters(const Meters&) = delete;
  Meters& operator=(const Meters&) = delete;

  prometheus::Counter& ok;
  prometheus::Counter& failed;
  prometheus::Counter& refused;
  prometheus::Counter& lost_leases;
  prometheus::Counter& database_errors;
  prometheus::Gauge& running;
  prometheus::Gauge& overdue;
  prometheus::Gauge& slowed_down;
  prometheus::Histogram& duration;
  /// In the order of config.limits().
  std::vector<prometheus::Gauge*> left;
  /// Null unless the probe has more than one period.
  prometheus::Gauge* watched = nullptr;
  prometheus::Gauge* watched_period = nullptr;

  /// Slots in use.
  base::RecentMean used;

 private:
  std::shared_ptr<void> at_scrape_;
};

}  // namespace refresh
