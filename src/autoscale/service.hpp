#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "autoscale/actuator.hpp"
#include "autoscale/meters.hpp"
#include "autoscale/sampler.hpp"
#include "autoscale/scaler.hpp"
#include "base/fault.hpp"
#include "base/task_group.hpp"

namespace autoscale {

/// Scales services: looks at each, asks its replicas, decides, carries the decision out. Used on the background thread.
class Service {
 public:
  /// The references outlive it. `dry_run`: decisions are logged and not carried out. REQUIRES: validated config.
  Service(const config::AutoscalerConfig& config, boost::asio::any_io_executor executor, base::Metrics& metrics,
          std::unique_ptr<Actuator> actuator, bool dry_run);
  ~Service();

  /// Works until stop() was called. A step under way is carried out: half of one would be worse.
  boost::asio::awaitable<void> run();
  void stop();

 private:
  /// One service and its state.
  struct Scaled;

  boost::asio::awaitable<void> keep(Scaled& scaled);
  boost::asio::awaitable<void> tick(Scaled& scaled);
  boost::asio::awaitable<void> carry_out(Scaled& scaled, Decision& decision, base::SteadyTime now);
  void restore();
  void save();

  const config::AutoscalerConfig& config_;
  boost::asio::any_io_executor executor_;
  std::unique_ptr<Actuator> actuator_;
  const bool dry_run_;
  std::vector<std::unique_ptr<Scaled>> scaled_;
  base::TaskGroup loops_;
  base::Fault saving_{"keeping recommendations"};
  bool stopping_ = false;
};

}  // namespace autoscale
