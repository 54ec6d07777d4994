#include "probe/aws_offerings.hpp"

#include <algorithm>

namespace probe {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::hours kAge{24};

}  // namespace

bool AwsOfferings::due(const AwsTarget& target) const {
  const auto known = offered_.find({target.region, target.configuration.zones});
  return known == offered_.end() || known->second.ends <= steady_clock::now();
}

void AwsOfferings::keep(const AwsTarget& target, const std::vector<AwsOffering>& offered) {
  if (offered.empty()) return;
  Offered set;
  for (const AwsOffering& each : offered) set.emplace(each.type, each.location);
  offered_.insert_or_assign({target.region, target.configuration.zones},
                            Lease<Offered>{std::move(set), steady_clock::now() + kAge});
}

bool AwsOfferings::lacks(const AwsTarget& target, const std::string& type) const {
  const auto known = offered_.find({target.region, target.configuration.zones});
  if (known == offered_.end()) return false;
  return !known->second.value.contains({type, target.place()});
}

bool AwsOfferings::lacks_all(const AwsTarget& target) const {
  return std::ranges::all_of(target.types, [&](const std::string& type) { return lacks(target, type); });
}

bool AwsOfferings::offers(const Key& key, const std::string& type) const {
  const auto known = offered_.find(key);
  if (known == offered_.end()) return false;
  const auto first = known->second.value.lower_bound({type, ""});
  return first != known->second.value.end() && first->first == type;
}

std::optional<AwsPlace> AwsOfferings::place_for(const AwsConfiguration& refused, const std::string& home) const {
  AwsPlace place{"", {refused.types, {}, refused.zones}};
  for (const std::string& region : refused.regions) {
    const auto has = [&](const std::string& type) { return offers({region, refused.zones}, type); };
    if (std::ranges::any_of(refused.types, has)) place.configuration.regions.push_back(region);
    if ((place.region.empty() || region == home) && std::ranges::all_of(refused.types, has)) place.region = region;
  }
  if (place.region.empty() || place == AwsPlace{home, refused}) return std::nullopt;
  return place;
}

}  // namespace probe
