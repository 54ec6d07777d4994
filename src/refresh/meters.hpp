#pragma once

#include <vector>

#include "base/metrics.hpp"
#include "config/config.hpp"

namespace refresh {

/// What a runner counts and shows, by probe. `metrics` outlives it.
class Meters {
 public:
  Meters(base::Metrics& metrics, const config::ProbeConfig& config);
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
};

}  // namespace refresh
