#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "config/checks.hpp"
#include "config/fields.hpp"

namespace config {
namespace {

using std::chrono::minutes;

/// Azure keeps a score as long.
constexpr base::Duration kAzureKeeps = minutes{15};

/// Parts of paths: names of regions, projects, subscriptions and tenants.
void check_part(std::string_view part, const std::string& path, std::string_view example) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.:").contains(c);
  };
  check(std::ranges::all_of(part, allowed), path, fmt::format("'{}' is none; write one such as {}", part, example));
}

void check_regions(const std::vector<std::string>& regions, const std::string& path, std::string_view example) {
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const auto here = fmt::format("{}[{}]", path, i);
    check(!regions[i].empty(), here, fmt::format("is empty; write a region such as {}", example));
    check_part(regions[i], here, example);
    const auto same = [&](const std::string& other) { return base::equals_ignoring_case(other, regions[i]); };
    check(std::ranges::count_if(regions, same) == 1, here, fmt::format("'{}' is there twice", regions[i]));
  }
}

void check_server(const std::string& url, const std::string& path, std::string_view example) {
  const base::UrlParts parts = base::split_url(url);
  const std::string wrong = base::wrong_authority(url);
  check(parts.is_web() && parts.user.empty() && parts.query.empty() && parts.fragment.empty() && !url.ends_with('/'),
        path,
        fmt::format("'{}' is no server; write one such as {}, without a slash at the end", base::without_login(url),
                    example));
  check(wrong.empty(), path, wrong);
}

}  // namespace

void check_options(const AzureOptions& options, const ProbeConfig& probe, const std::string& path) {
  check(probe.shortest_period() >= kAzureKeeps, join(path, probe.has_periods() ? "refresh.min" : "ttl"),
        fmt::format("{} is too short: Azure keeps a score for 15 to 30 minutes; give 15m or more",
                    base::to_string(probe.shortest_period())));
  check_part(options.subscription, join(path, "subscription"), "00000000-0000-0000-0000-000000000000");
  check_regions(options.regions, join(path, "regions"), "eastus");
  check_between(options.count, 1, 1000, join(path, "count"));
  check_part(options.tenant, join(path, "tenant"), "00000000-0000-0000-0000-000000000000");
  check_part(options.client_id, join(path, "client_id"), "00000000-0000-0000-0000-000000000000");
  check_server(options.endpoint, join(path, "endpoint"), "https://management.azure.com");
  if (!options.authority.empty())
    check_server(options.authority, join(path, "authority"), "https://login.microsoftonline.com");
  check(probe.levels == Levels{}, join(path, "levels"),
        "needs numbers, and Azure gives words alone: High, Medium and Low are the levels; leave 'levels' out");
}

void check_options(const GcpOptions& options, const ProbeConfig&, const std::string& path) {
  check_part(options.project, join(path, "project"), "my-project");
  check_regions(options.regions, join(path, "regions"), "us-central1");
  check_between(options.count, 1, 1000, join(path, "count"));
  check_server(options.endpoint, join(path, "endpoint"), "https://compute.googleapis.com/compute/v1");
}

}  // namespace config
