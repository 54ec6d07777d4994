#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "config/probe_keys.hpp"

namespace config {

/// Options of probe kind `azure`: spot placement scores. A profile's name is SIZE, or SIZE@REGION.
struct AzureOptions {
  static constexpr bool batch = true;
  /// "" is AZURE_SUBSCRIPTION_ID of the service's environment.
  std::string subscription{};
  /// Where a profile is asked for that names no region.
  std::vector<std::string> regions{};
  /// How many machines a score is for.
  std::uint16_t count = 1;
  /// Asks for a score of each zone. The best one counts.
  bool zones = false;
  /// How often the restrictions of sizes are asked for, a list for each region. 0: never.
  base::Duration restrictions_every = std::chrono::hours{6};
  /// Most calls for scores in any hour that name the same region as their place. 0: no limit.
  std::uint16_t calls_per_hour = 5;
  /// Who asks. "" is AZURE_TENANT_ID, AZURE_CLIENT_ID, and AZURE_CLIENT_SECRET, or an identity that the machine has.
  std::string tenant{};
  std::string client_id{};
  std::string client_secret_file{};
  /// Other servers in sovereign clouds. "" for the authority is AZURE_AUTHORITY_HOST, or that of the public cloud.
  std::string endpoint = "https://management.azure.com";
  std::string authority{};
  /// A file with the certificates (PEM) of the authorities to trust instead of the system's.
  std::string ca_file{};

  bool operator==(const AzureOptions&) const = default;
};

template <Of<AzureOptions> C, class Visit>
void fields(C& options, Visit&& visit) {
  visit("subscription", options.subscription);
  visit("regions", options.regions);
  visit("count", options.count);
  visit("zones", options.zones);
  visit("restrictions_every", options.restrictions_every);
  visit("calls_per_hour", options.calls_per_hour);
  visit("tenant", options.tenant);
  visit("client_id", options.client_id);
  visit("client_secret_file", options.client_secret_file);
  visit("endpoint", options.endpoint);
  visit("authority", options.authority);
  visit("ca_file", options.ca_file);
}

}  // namespace config
