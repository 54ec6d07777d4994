#include "probe/aws_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "config/scalar.hpp"
#include "probe/placeholders.hpp"

namespace probe {
namespace {

template <class T>
using Or = std::expected<T, std::string>;

/// An answer has the ten best regions or zones, so that no more may be asked for at once. One region has six zones, no
/// other has more than four.
constexpr std::ptrdiff_t kRegionsOfCall = 10;
constexpr std::ptrdiff_t kRegionsOfZonalCall = 2;
constexpr int kItemsOfPage = 1000;
constexpr std::size_t kMostZones = 6;

std::string form(std::string_view action) {
  return fmt::format("Action={}&Version=2016-11-15", action);
}

void add(std::string& form, std::string_view name, std::string_view value) {
  form += fmt::format("&{}={}", name, base::percent_encode(value));
}

void add_list(std::string& form, std::string_view name, const auto& values) {
  std::size_t number = 0;
  for (const std::string& value : values) add(form, fmt::format("{}.{}", name, ++number), value);
}

std::string_view word_of(config::CapacityUnit unit) {
  switch (unit) {
    case config::CapacityUnit::vcpus:
      return "vcpu";
    case config::CapacityUnit::mebibytes:
      return "memory-mib";
    default:
      return "units";
  }
}

std::string plain(std::string_view template_text, const core::Profile& profile) {
  return std::string(
      base::trim(expand(template_text, profile, [](std::string_view value) { return std::string(value); })));
}

Or<std::vector<std::string>> types_in(std::string_view text) {
  std::set<std::string> types;
  while (!text.empty()) {
    const std::string type(text.substr(0, text.find_first_of(", \t")));
    text.remove_prefix(std::min(type.size() + 1, text.size()));
    if (type.empty()) continue;
    if (!config::is_instance_type(type))
      return std::unexpected(
          fmt::format("'{}' is no instance type; give one such as c5.large, or several with commas "
                      "between, as the name or in the label types",
                      type));
    types.insert(type);
  }
  if (types.empty() || types.size() > config::kMostTypesOfScore)
    return std::unexpected(
        fmt::format("it has {} instance types; give 1 to {}", types.size(), config::kMostTypesOfScore));
  return std::vector<std::string>(types.begin(), types.end());
}

Or<std::string> region_of(const core::Profile& profile, const config::AwsOptions& options) {
  std::string region = plain(options.region, profile);
  if (region.empty() && options.regions.size() == 1) return options.regions.front();
  if (region.empty()) return std::unexpected(fmt::format("it has no region ('{}'); give it the label", options.region));
  if (std::ranges::find(options.regions, region) != options.regions.end()) return region;
  return std::unexpected(fmt::format("its region '{}' is not in the probe's list 'regions'; add it there", region));
}

std::vector<std::string> regions_beside(const AwsTarget& target, const std::vector<std::string>& all) {
  const std::ptrdiff_t most = target.zone.empty() ? kRegionsOfCall : kRegionsOfZonalCall;
  const auto first = all.begin() + (std::ranges::find(all, target.region) - all.begin()) / most * most;
  std::vector<std::string> regions(first, first + std::min(most, all.end() - first));
  std::ranges::sort(regions);
  return regions;
}

/// The group of a profile's only type decides about its score.
void set_configuration(AwsTarget& target, const config::AwsOptions& options) {
  target.configuration = {target.types, regions_beside(target, options.regions), !target.zone.empty()};
  if (target.types.size() != 1) return;
  for (const auto& [name, types] : options.groups) {
    if (std::ranges::find(types, target.types.front()) == types.end()) continue;
    target.group = name;
    target.configuration.types = types;
    std::ranges::sort(target.configuration.types);
  }
}

std::string own_endpoint(std::string_view service, std::string_view region) {
  return fmt::format("https://{}.{}.amazonaws.com{}/", service, region, region.starts_with("cn-") ? ".cn" : "");
}

/// What every AWS tool takes from the environment: for a service, or else for all.
std::string endpoint_of_environment(const char* of_service) {
  const std::string own = base::variable(of_service);
  return own.empty() ? base::variable("AWS_ENDPOINT_URL") : own;
}

}  // namespace

Or<AwsTarget> aws_target(const core::Profile& profile, const config::AwsOptions& options) {
  std::string names = plain(options.types, profile);
  auto types = types_in(names.empty() ? profile.key.name : names);
  if (!types) return std::unexpected(std::move(types.error()));
  auto region = region_of(profile, options);
  if (!region) return std::unexpected(std::move(region.error()));
  AwsTarget target{.types = std::move(*types), .region = std::move(*region), .zone = plain(options.zone, profile)};
  if (!target.zone.empty() && !target.zone.contains("-az"))
    return std::unexpected(
        fmt::format("its zone '{}' is no ID of a zone; give one such as use1-az1, which means the same in all accounts",
                    target.zone));
  set_configuration(target, options);
  return target;
}

std::string scores_form(const AwsConfiguration& configuration, const config::AwsOptions& options) {
  std::string out = form("GetSpotPlacementScores");
  add_list(out, "InstanceType", configuration.types);
  add(out, "TargetCapacity", fmt::format("{}", options.capacity));
  add(out, "TargetCapacityUnitType", word_of(options.capacity_unit));
  add(out, "SingleAvailabilityZone", configuration.zones ? "true" : "false");
  add_list(out, "RegionName", configuration.regions);
  return out;
}

std::string offerings_form(bool zones) {
  std::string out = form("DescribeInstanceTypeOfferings");
  add(out, "LocationType", zones ? "availability-zone-id" : "region");
  add(out, "MaxResults", fmt::format("{}", kItemsOfPage));
  return out;
}

std::string prices_form(std::span<const std::string> types, std::string_view product, base::Time now) {
  std::string out = form("DescribeSpotPriceHistory");
  add_list(out, "InstanceType", types);
  add(out, "ProductDescription.1", product);
  // From now on: the current ones.
  add(out, "StartTime", base::to_rfc3339(now));
  add(out, "MaxResults", fmt::format("{}", kItemsOfPage));
  return out;
}

std::string next_form(std::string_view form, std::string_view token) {
  std::string out(form);
  add(out, "NextToken", token);
  return out;
}

std::string aws_home(const config::AwsOptions& options) {
  if (!options.home_region.empty()) return options.home_region;
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (std::string region = base::variable(name); !region.empty()) return region;
  return options.regions.front();
}

std::string aws_endpoint(const config::AwsOptions& options, std::string_view region) {
  std::string url = options.endpoint.empty() ? endpoint_of_environment("AWS_ENDPOINT_URL_EC2") : options.endpoint;
  if (url.empty()) return own_endpoint("ec2", region);
  constexpr std::string_view kRegion = "{region}";
  if (const auto at = url.find(kRegion); at != std::string::npos) url.replace(at, kRegion.size(), region);
  return url.ends_with('/') ? url : url + '/';
}

std::string aws_endpoint(std::string_view service, std::string_view region) {
  std::string name = fmt::format("AWS_ENDPOINT_URL_{}", service);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  const std::string url = endpoint_of_environment(name.c_str());
  return url.empty() ? own_endpoint(service, region) : url;
}

AwsCalls aws_calls(std::span<const core::Profile* const> profiles, const config::AwsOptions& options) {
  std::set<AwsConfiguration> configurations;
  std::map<std::string, std::set<std::string>> regions;
  std::set<std::string> zonal;
  for (const core::Profile* profile : profiles) {
    const auto target = aws_target(*profile, options);
    if (!target) continue;
    configurations.insert(target->configuration);
    regions[target->region].insert(target->types.begin(), target->types.end());
    if (!target->zone.empty()) zonal.insert(target->region);
  }
  AwsCalls calls{.of_run = static_cast<double>(configurations.size()),
                 .of_day = static_cast<double>(regions.size() + kMostZones * zonal.size()),
                 .configurations = configurations.size()};
  if (options.price_of.empty()) return calls;
  for (const auto& [region, types] : regions)
    calls.of_run += std::ceil(static_cast<double>(types.size() * kMostZones) / kItemsOfPage);
  return calls;
}

}  // namespace probe
