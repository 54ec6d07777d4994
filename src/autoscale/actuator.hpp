#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/autoscaler.hpp"
#include "http/replica_set.hpp"

namespace autoscale {

/// The address of one replica's metrics.
struct Place {
  base::Url url;
  std::vector<http::Endpoint> endpoints{};
  /// HOST:PORT.
  std::string name;
};

/// A service as its engine describes it.
struct Found {
  /// How many replicas it should have now.
  std::size_t current = 0;
  /// Why nothing may be changed now; "" when it may.
  std::string busy{};
  std::vector<Place> places{};
};

/// An engine: it runs the services and carries decisions out. An interface because each engine talks to another part of
/// the world. Every call is made on the background thread, one after the other for each service.
class Actuator {
 public:
  virtual ~Actuator() = default;

  /// Fails with a sentence.
  virtual boost::asio::awaitable<base::Result<Found>> look(const config::ScaledService& service) = 0;
  /// Sets the number of replicas of `service`, unless it changed since the latest look.
  virtual boost::asio::awaitable<base::Result<void>> scale(const config::ScaledService& service,
                                                           std::size_t replicas) = 0;
  /// Ends looks under way that may take long, with a failure. Steps go on.
  virtual void stop_looking() {}
};

std::unique_ptr<Actuator> make_swarm(const config::AutoscalerConfig& config, boost::asio::any_io_executor executor);
std::unique_ptr<Actuator> make_command(const config::AutoscalerConfig& config, boost::asio::any_io_executor executor);

}  // namespace autoscale
