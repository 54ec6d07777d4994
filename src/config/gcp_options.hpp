#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/probe_keys.hpp"

namespace config {

/// Where spot machines of a request may be.
enum class Shape : std::uint8_t { any, any_single_zone, balanced };

/// Options of probe kind `gcp`: capacity advice, and reservations. A profile's name is MACHINE_TYPE, or
/// MACHINE_TYPE@REGION or @ZONE.
struct GcpOptions {
  static constexpr const char* unit = "VMs";
  /// "" is GOOGLE_CLOUD_PROJECT of the service's environment.
  std::string project{};
  /// Where a profile is asked for that names no region and no zone: a call for each.
  std::vector<std::string> regions{};
  /// How many machines the advice is for.
  std::uint16_t count = 1;
  /// Of the advice for a region.
  Shape shape = Shape::any;
  /// Who asks: a key of a service account, or a file of workload identity federation. "" is
  /// GOOGLE_APPLICATION_CREDENTIALS, or else the metadata server.
  std::string credentials_file{};
  /// Another server, and the version of the API.
  std::string endpoint = "https://compute.googleapis.com/compute/v1";
  /// A file with the certificates (PEM) of the authorities to trust instead of the system's.
  std::string ca_file{};

  bool operator==(const GcpOptions&) const = default;
};

template <Of<GcpOptions> C, class Visit>
void fields(C& options, Visit&& visit) {
  visit("project", options.project);
  visit("regions", options.regions);
  visit("count", options.count);
  visit("shape", options.shape);
  visit("credentials_file", options.credentials_file);
  visit("endpoint", options.endpoint);
  visit("ca_file", options.ca_file);
}

}  // namespace config
