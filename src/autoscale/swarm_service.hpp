#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

/// A service in the JSON of Docker's Engine API (https://docs.docker.com/engine/api, Service). Pure.
namespace autoscale {

struct SwarmService {
  std::size_t replicas = 0;
  /// The engine's name of an update under way: "updating". "" when there is none.
  std::string update{};
  /// A change names the version that it changes.
  std::uint64_t version = 0;
  /// The service's specification in JSON, as it came.
  std::string spec{};
};

/// Reads the answer of GET /services/NAME. Fails with a sentence.
base::Result<SwarmService> read_service(std::string_view text);

/// `service.spec` with another number of replicas, for POST /services/NAME/update.
std::string spec_with(const SwarmService& service, std::size_t replicas);

}  // namespace autoscale
