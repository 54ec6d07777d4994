#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/probe_keys.hpp"

namespace config {

/// The unit of a capacity.
enum class CapacityUnit : std::uint8_t { instances, vcpus, mebibytes };

/// Options of probe kind `aws`: spot placement scores and prices of EC2. A profile is one instance type or several, in
/// a region or a zone.
struct AwsOptions {
  static constexpr bool batch = true;
  /// All regions of its profiles. Ten in a row share a request, so that a new one at the end changes none before it.
  std::vector<std::string> regions{};
  /// Of a profile: {provider}, {name} and {label.KEY} stand for the profile's. The region may be "" where there is only
  /// one.
  std::string region = "{label.region}";
  /// The ID of a zone, such as use1-az1; "" for the whole region.
  std::string zone = "{label.zone}";
  /// Instance types with commas or blanks between; "" for the profile's name.
  std::string types = "{label.types}";
  /// Types that serve the same jobs, three or more by the name of their group: one score for all profiles of one of
  /// them. So there are fewer different requests, of which AWS limits new ones.
  std::map<std::string, std::vector<std::string>> groups{};
  /// A score is the chance to get so many at once.
  std::uint64_t capacity = 1;
  CapacityUnit capacity_unit = CapacityUnit::instances;
  /// Whose spot price is asked for, such as "Linux/UNIX" or "Windows"; "" asks for none.
  std::string price_of = "Linux/UNIX";
  /// The region that is asked for scores. "" for AWS_REGION, AWS_DEFAULT_REGION, or the first of `regions`.
  std::string home_region{};
  /// The URL of EC2, with {region} for the region; "" for AWS_ENDPOINT_URL_EC2, AWS_ENDPOINT_URL, or AWS's own.
  std::string endpoint{};
  /// The section of the files ~/.aws/credentials and ~/.aws/config; "" for AWS_PROFILE, or "default".
  std::string credentials_profile{};

  bool operator==(const AwsOptions&) const = default;
};

template <Of<AwsOptions> C, class Visit>
void fields(C& options, Visit&& visit) {
  visit("regions", options.regions);
  visit("region", options.region);
  visit("zone", options.zone);
  visit("types", options.types);
  visit("groups", options.groups);
  visit("capacity", options.capacity);
  visit("capacity_unit", options.capacity_unit);
  visit("price_of", options.price_of);
  visit("home_region", options.home_region);
  visit("endpoint", options.endpoint);
  visit("credentials_profile", options.credentials_profile);
}

/// "c5.large" may be one. Pure.
bool is_instance_type(std::string_view text);

/// AWS gives a score of its full scale for so many types, and takes no more than the other in one request.
inline constexpr std::size_t kFewestTypesOfGroup = 3;
inline constexpr std::size_t kMostTypesOfScore = 1000;

}  // namespace config
