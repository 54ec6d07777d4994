#pragma once

#include <string>
#include <vector>

#include "config/gcp_options.hpp"
#include "core/profile.hpp"
#include "probe/transfer.hpp"

/// Calls of Google's Compute Engine API, without their tokens. Pure; thread-safe.
namespace probe {

/// A region, or a zone of it.
struct GcpPlace {
  std::string region;
  /// "" for any.
  std::string zone{};

  /// The zone, or else the region.
  const std::string& name() const { return zone.empty() ? region : zone; }
  bool operator==(const GcpPlace&) const = default;
};

/// "us-central1", or "us-central1-a", which has a second dash.
GcpPlace gcp_place(const std::string& text);

/// The question of a profile.
struct GcpWant {
  std::string machine_type;
  /// From the profile, or else those of the probe.
  std::vector<GcpPlace> places;
  /// The label `reservation`: the name of one, or * for all of the machine type; "" for advice.
  std::string reservation{};
};
GcpWant gcp_want(const config::GcpOptions& options, const core::Profile& profile);

/// For capacity advice.
Request gcp_advice_request(const config::GcpOptions& options, const std::string& project,
                           const std::string& machine_type, const GcpPlace& place);

/// For a page of the reservations of a zone. `page`: "" for the first.
Request gcp_reservations_request(const config::GcpOptions& options, const std::string& project, const std::string& zone,
                                 const std::string& page);

}  // namespace probe
