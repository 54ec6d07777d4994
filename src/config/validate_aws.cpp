#include <algorithm>
#include <map>
#include <set>

#include "base/url.hpp"
#include "config/checks.hpp"
#include "config/probes.hpp"

namespace config {
namespace {

/// They become parts of host names.
bool is_region(std::string_view name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return name.contains('-') && name.size() <= 40 && std::ranges::all_of(name, allowed);
}

void check_region(const std::string& name, const std::string& path) {
  check(is_region(name), path, fmt::format("'{}' is not a region of AWS; write one such as eu-central-1", name));
}

void check_endpoint(const std::string& endpoint, const std::string& path) {
  if (endpoint.empty()) return;
  const auto url = base::split_url(endpoint);
  check(url.is_web() && url.query.empty() && url.fragment.empty(), path,
        fmt::format("'{}' is not a URL of EC2; write one such as https://ec2.{{region}}.amazonaws.com", endpoint));
  const std::string wrong = base::wrong_authority(endpoint);
  check(wrong.empty(), path, wrong);
}

/// AWS gives scores, and no units.
void check_rule(const LevelRule& rule, const std::string& path) {
  check(!rule.free && !rule.ratio, path, "is never reached: AWS gives no free units; give score, from 1 to 10");
}

/// It becomes a part of the reasons of rows.
void check_group_name(const std::string& name, const std::string& path) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-").contains(c);
  };
  check(!name.empty() && name.size() <= 64 && std::ranges::all_of(name, allowed), path,
        "a group's name must be 1 to 64 of A-Z a-z 0-9 . _ -");
}

/// Each type is in one group, so that a profile has one score.
void check_groups(const std::map<std::string, std::vector<std::string>>& groups, const std::string& path) {
  std::map<std::string_view, std::string_view> group_of;
  for (const auto& [name, types] : groups) {
    const std::string here = join(path, name);
    check_group_name(name, here);
    for (std::size_t i = 0; i < types.size(); ++i) {
      const std::string item = fmt::format("{}[{}]", here, i);
      check(is_instance_type(types[i]), item,
            fmt::format("'{}' is no instance type; write one such as g5.2xlarge", types[i]));
      const auto [known, is_new] = group_of.emplace(types[i], name);
      check(is_new, item,
            known->second == name
                ? fmt::format("'{}' is there twice", types[i])
                : fmt::format("'{}' is in the group {}, too; keep it in one", types[i], known->second));
    }
    check(types.size() >= kFewestTypesOfGroup && types.size() <= kMostTypesOfScore, here,
          fmt::format("has {} types; give {} to {}, since AWS gives low scores to fewer", types.size(),
                      kFewestTypesOfGroup, kMostTypesOfScore));
  }
}

}  // namespace

bool is_instance_type(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-'; };
  return text.contains('.') && std::ranges::all_of(text, allowed);
}

void check_options(const AwsOptions& options, const ProbeConfig& probe, const std::string& path) {
  check(!options.regions.empty(), join(path, "regions"),
        "is empty; give the regions of the profiles, such as [eu-central-1]");
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < options.regions.size(); ++i) {
    const auto here = fmt::format("{}[{}]", join(path, "regions"), i);
    check_region(options.regions[i], here);
    check(seen.insert(options.regions[i]).second, here, fmt::format("'{}' is there twice", options.regions[i]));
  }
  if (!options.home_region.empty()) check_region(options.home_region, join(path, "home_region"));
  check_groups(options.groups, join(path, "groups"));
  check_between(options.capacity, 1, 2'000'000'000, join(path, "capacity"));
  check_endpoint(options.endpoint, join(path, "endpoint"));
  check_rule(probe.levels.high, join(path, "levels.high"));
  check_rule(probe.levels.medium, join(path, "levels.medium"));
}

}  // namespace config
