#pragma once

#include <expected>
#include <optional>
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

/// Reserved machines.
struct GcpReservation {
  /// Their owner; "" for the probe's own project.
  std::string project{};
  /// Of one reservation, or * for all of the machine type.
  std::string name{};
  /// Such as nvidia-tesla-t4; "" for machines as their type has them.
  std::string accelerator{};
  /// How many of them each machine has; 0 for any number.
  int accelerators = 0;
};

/// The question of a profile.
struct GcpWant {
  std::string machine_type;
  /// From the profile, or else those of the probe.
  std::vector<GcpPlace> places;
  /// From the labels `reservation` and `accelerator`; nothing for advice.
  std::optional<GcpReservation> reservation{};
};
/// Fails with a sentence about a label, or about a place that is missing.
std::expected<GcpWant, std::string> gcp_want(const config::GcpOptions& options, const core::Profile& profile);

/// For capacity advice.
Request gcp_advice_request(const config::GcpOptions& options, const std::string& project,
                           const std::string& machine_type, const GcpPlace& place);

/// For the quotas of a region.
Request gcp_quotas_request(const config::GcpOptions& options, const std::string& project, const std::string& region);

/// For a page of the reservations of a zone. `page`: "" for the first.
Request gcp_reservations_request(const config::GcpOptions& options, const std::string& project, const std::string& zone,
                                 const std::string& page);

}  // namespace probe
