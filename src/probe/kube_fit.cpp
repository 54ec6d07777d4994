#include "probe/kube_fit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "probe/kube_pod.hpp"
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

/// Pods that are alike, and what all of them want of a resource.
struct Demand {
  const WaitingPods* pods;
  std::int64_t wanted;
  /// What is free on the nodes that they may run on.
  std::int64_t room = 0;
};

/// `most` when there is more.
std::int64_t room_for(const WaitingPods& pods, const std::vector<FreeNode>& nodes, std::int64_t most) {
  std::int64_t room = 0;
  for (const FreeNode& node : nodes) {
    if (room >= most) break;
    if (may_run_on(pods, *node.node)) room = plus(room, node.free);
  }
  return std::min(room, most);
}

std::int64_t take_for(const Demand& demand, std::vector<FreeNode>& left) {
  std::int64_t taken = 0;
  for (FreeNode& node : left) {
    if (taken == demand.wanted) break;
    if (node.free == 0 || !may_run_on(*demand.pods, *node.node)) continue;
    const std::int64_t part = std::min(node.free, demand.wanted - taken);
    node.free -= part;
    taken += part;
  }
  return taken;
}

std::int64_t take_in_turn(const std::vector<Demand>& demands, std::vector<FreeNode>& left) {
  std::int64_t taken = 0;
  for (const Demand& demand : demands) taken = plus(taken, take_for(demand, left));
  return taken;
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

std::int64_t take(std::vector<FreeNode>& left, const KubeCluster& cluster, std::string_view resource) {
  std::vector<Demand> demands;
  std::int64_t wanted = 0;
  for (const auto& [_, pods] : cluster.waiting) {
    const std::int64_t each = amount_in(pods.wanted, resource);
    if (each == 0) continue;
    demands.push_back({&pods, pods.count > kMostAmount / each ? kMostAmount : pods.count * each});
    wanted = plus(wanted, demands.back().wanted);
  }
  const std::vector<FreeNode> all = left;
  const std::int64_t taken = take_in_turn(demands, left);
  // Mostly the order, which takes its time, is all the same: there is enough for all, or nothing is left.
  if (taken == wanted || std::ranges::all_of(left, [](const FreeNode& node) { return node.free == 0; })) return taken;
  left = all;
  // Those with room for all demands come last in any order: they find what they want whatever others take.
  for (Demand& demand : demands) demand.room = room_for(*demand.pods, left, wanted);
  std::ranges::sort(demands, {}, &Demand::room);
  return take_in_turn(demands, left);
}

}  // namespace probe
