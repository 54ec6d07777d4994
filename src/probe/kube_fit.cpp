#include "probe/kube_fit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

/// "nvidia.com/" of "nvidia.com/mig-1g.5gb".
std::string_view domain_of(std::string_view resource) {
  return resource.substr(0, resource.find('/') + 1);
}

/// Pods that ask for the resource tolerate it: they are told to, or Kubernetes does it (ExtendedResourceToleration).
bool is_for(const Taint& taint, std::string_view resource) {
  return resource.contains('/') &&
         (taint.key == resource || (taint.key.starts_with(domain_of(resource)) && taint.key.ends_with("/gpu")));
}

bool covers(std::string_view pattern, const Taint& taint) {
  const std::string with_value = fmt::format("{}={}", taint.key, taint.value);
  return base::glob_match(pattern, taint.key) || base::glob_match(pattern, with_value) ||
         base::glob_match(pattern, fmt::format("{}:{}", taint.key, taint.effect)) ||
         base::glob_match(pattern, fmt::format("{}:{}", with_value, taint.effect));
}

bool tolerates(const WaitingPods& pods, const Taint& taint) {
  return std::ranges::any_of(pods.tolerations, [&](const Toleration& each) {
    return (each.key.empty() ? each.any_value : each.key == taint.key) &&
           (each.effect.empty() || each.effect == taint.effect) && (each.any_value || each.value == taint.value);
  });
}

bool holds(const Requirement& requirement, const KubeNode& node) {
  const auto label = node.labels.find(requirement.key);
  const bool is_name = requirement.key == kNodeName;
  const bool has = is_name || label != node.labels.end();
  const std::string& value = is_name ? node.name : has ? label->second : requirement.key;
  const bool is_in = has && std::ranges::find(requirement.values, value) != requirement.values.end();
  if (requirement.compares == "In") return is_in;
  if (requirement.compares == "NotIn") return !is_in;
  if (requirement.compares == "Exists") return has;
  if (requirement.compares == "DoesNotExist") return !has;
  const auto mine = has ? base::number_of<std::int64_t>(value) : std::nullopt;
  const auto limit =
      requirement.values.size() == 1 ? base::number_of<std::int64_t>(requirement.values.front()) : std::nullopt;
  if (!mine || !limit) return false;
  return requirement.compares == "Gt" ? *mine > *limit : requirement.compares == "Lt" && *mine < *limit;
}

bool all_hold(const std::vector<Requirement>& requirements, const KubeNode& node) {
  return std::ranges::all_of(requirements, [&](const Requirement& each) { return holds(each, node); });
}

}  // namespace

std::string out_of_service(const KubeNode& node, std::string_view resource, std::span<const std::string> tolerated) {
  if (!node.ready) return "not ready";
  if (node.cordoned) return "cordoned";
  for (const Taint& taint : node.taints) {
    const bool is_tolerated =
        std::ranges::any_of(tolerated, [&](const std::string& pattern) { return covers(pattern, taint); });
    if (!is_tolerated && !is_for(taint, resource)) return fmt::format("tainted {}", one_line(taint.key));
  }
  return {};
}

bool may_run_on(const WaitingPods& pods, const KubeNode& node) {
  const auto has = [&](const auto& wanted) {
    const auto all = node.all.find(wanted.first);
    return wanted.second == 0 || (all != node.all.end() && all->second >= wanted.second);
  };
  // A term without a requirement matches nothing.
  const auto term_holds = [&](const auto& term) { return !term.empty() && all_hold(term, node); };
  return std::ranges::all_of(pods.wanted, has) && all_hold(pods.selector, node) &&
         (pods.terms.empty() || std::ranges::any_of(pods.terms, term_holds)) &&
         std::ranges::all_of(node.taints, [&](const Taint& taint) { return tolerates(pods, taint); });
}

}  // namespace probe
