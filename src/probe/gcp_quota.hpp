#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// A project's quotas in a region of Google Cloud, of which advice knows nothing. Pure; thread-safe.
namespace probe {

struct GcpQuota {
  double limit = 0;
  /// More than the limit, after the limit was lowered.
  double usage = 0;
};

/// By metrics, such as PREEMPTIBLE_CPUS.
using GcpQuotas = std::map<std::string, GcpQuota, std::less<>>;

/// Reads the `quotas` of a region. One without a metric or numbers is left out. Fails with a sentence when there is no
/// list of them.
std::expected<GcpQuotas, std::string> read_gcp_quotas(std::string_view text);

/// What a machine counts against.
struct GcpNeed {
  /// "CPUS" or such as "NVIDIA_L4_GPUS": with PREEMPTIBLE_ the quota of spot machines.
  std::string spot{};
  /// The quota that counts in regions without a quota of spot machines.
  std::string other{};
  int amount = 0;
};

/// That of the machine types whose names tell it; nothing for others.
std::optional<GcpNeed> gcp_need(std::string_view machine_type);

/// The metric that has no room for `count` more spot machines; "" when there is room or nothing is known.
std::string gcp_used_up(const GcpQuotas& quotas, std::string_view machine_type, std::uint16_t count);

}  // namespace probe
