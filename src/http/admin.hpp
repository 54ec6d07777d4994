#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "http/router.hpp"

namespace http {

/// Decides whether the process should get requests. Thread-safe.
class Health {
 public:
  /// A condition of readiness: returns "", or what is wrong. Must be thread-safe. Add all before serving.
  using Check = std::function<std::string()>;
  void add(Check check) { checks_.push_back(std::move(check)); }

  /// From now on not ready: the process drains.
  void drain() { draining_ = true; }

  /// "" when ready, else the reasons.
  std::string problem() const;

 private:
  std::vector<Check> checks_;
  std::atomic<bool> draining_ = false;
};

/// Adds /healthz (the process runs), /readyz (it should get requests) and /metrics. Both outlive the routes.
void add_admin_routes(Router& router, const Health& health, const base::Metrics& metrics);

}  // namespace http
