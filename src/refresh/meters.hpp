#pragma once

#include <vector>

#include "base/metrics.hpp"
#include "config/config.hpp"
#include "refresh/backlog.hpp"

namespace refresh {

/// What a runner counts and shows, by probe. `metrics` and `backlog` outlive it.
class Meters {
 public:
  Meters(base::Metrics& metrics, const config::ProbeConfig& config, const Backlog& backlog);
  /// What it shows is over.
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

 private:
  std::shared_ptr<void> overdue_at_scrape_;
};

}  // namespace refresh
