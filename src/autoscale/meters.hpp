#pragma once

#include "autoscale/scaler.hpp"
#include "base/metrics.hpp"

namespace autoscale {

/// The metrics of one service. `metrics` outlives it.
class Meters {
 public:
  Meters(base::Metrics& metrics, std::string service);

  void show(const Decision& decision);
  /// The service could not be looked at.
  void show_lost();

 private:
  base::Metrics& metrics_;
  const std::string service_;
};

}  // namespace autoscale
