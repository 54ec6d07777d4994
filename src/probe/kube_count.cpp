#include "probe/kube_count.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/quantity.hpp"
#include "base/text.hpp"
#include "probe/kube_fit.hpp"
#include "probe/kube_pod.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

template <class T>
using Or = std::expected<T, std::string>;
using Options = config::KubernetesOptions;
using Names = std::set<std::string, std::less<>>;

/// So many nodes in a description.
constexpr std::size_t kMostNodes = 20;
constexpr double kGiB = 1 << 30;

/// Resources that devices add to nodes. Those of Kubernetes itself have no domain.
bool is_extended(std::string_view resource) {
  return resource.contains('/');
}

/// Resources of Kubernetes itself that are counted in pieces. CPUs and bytes are not.
bool is_native(std::string_view resource) {
  return resource == "pods" || resource.starts_with("attachable-volumes-");
}

bool is_in_bytes(std::string_view resource) {
  return resource == "memory" || resource == "ephemeral-storage" || resource.starts_with("hugepages-");
}

/// Its amount, in the unit that people count.
double counted(std::string_view resource, std::int64_t amount) {
  const auto number = static_cast<double>(amount);
  return resource == "cpu" ? number / 1000 : is_in_bytes(resource) ? number / kGiB : number;
}

std::string unit_text(std::string_view resource) {
  if (resource == "cpu") return "CPUs";
  if (is_in_bytes(resource)) return fmt::format("GiB of {}", one_line(resource));
  return one_line(resource);
}

/// "3.5" of 3.4999….
std::string number(double value) {
  return fmt::format("{:.15g}", std::round(value * 100) / 100);
}

// --- Names of profiles

bool is_of(const KubeNode& node, std::string_view name) {
  return name.empty() || std::ranges::find(node.classes, name) != node.classes.end();
}

/// The units that a profile counts.
struct What {
  /// A class; "" for all nodes.
  std::string name{};
  std::string resource = "cpu";
};

bool has(const KubeCluster& cluster, const What& what) {
  return std::ranges::any_of(
      cluster.nodes, [&](const KubeNode& node) { return is_of(node, what.name) && node.all.contains(what.resource); });
}

std::string no_such_class(const KubeCluster& cluster, std::string_view name) {
  Names classes;
  for (const KubeNode& node : cluster.nodes) classes.insert(node.classes.begin(), node.classes.end());
  const std::string known = classes.empty() ? "no node has a label of 'class_labels'" : "there are: " + listed(classes);
  return fmt::format("the cluster has no class and no resource '{}'; {}", one_line(name), known);
}

std::string no_such_resource(const KubeCluster& cluster, const What& what) {
  Names resources;
  for (const KubeNode& node : cluster.nodes)
    if (is_of(node, what.name))
      for (const auto& [resource, _] : node.all) resources.insert(resource);
  return fmt::format("nodes of class '{}' have no '{}'; they have: {}", one_line(what.name), one_line(what.resource),
                     listed(resources));
}

Or<What> what_of(const KubeCluster& cluster, std::string_view profile) {
  What what{.name = std::string(profile)};
  if (const auto colon = profile.find(':'); colon != std::string_view::npos)
    what = {std::string(profile.substr(0, colon)), std::string(profile.substr(colon + 1))};
  if (has(cluster, what) && !what.name.empty()) return what;
  if (const What everywhere{"", std::string(profile)}; has(cluster, everywhere)) return everywhere;
  const auto is_named = [&](const KubeNode& node) { return !what.name.empty() && is_of(node, what.name); };
  return std::unexpected(std::ranges::any_of(cluster.nodes, is_named) ? no_such_resource(cluster, what)
                                                                      : no_such_class(cluster, what.name));
}

// --- Sums

std::int64_t free_of(const KubeNode& node, std::string_view resource) {
  return std::max<std::int64_t>(0, amount_in(node.all, resource) - amount_in(node.used, resource));
}

/// What pods can take of a node that takes pods.
std::int64_t free_on(const KubeNode& node, const What& what, const Amounts& needs) {
  // A node has room for so many pods, whatever they ask for.
  if (node.all.contains("pods") && free_of(node, "pods") == 0) return 0;
  std::int64_t free = free_of(node, what.resource);
  if (is_extended(what.resource))
    for (const auto& [resource, each] : needs) free = std::min(free, free_of(node, resource) / each);
  return free;
}

Amounts needs_of(const Options& options) {
  Amounts needs;
  for (const std::string& need : options.unit_needs) {
    const auto equals = need.find('=');
    const std::string resource = need.substr(0, equals);
    needs[resource] = base::parse_quantity(need.substr(equals + 1), resource == "cpu" ? 1000 : 1).value_or(1);
  }
  return needs;
}

struct Sums {
  double free = 0;
  double total = 0;
  std::int64_t nodes = 0;
  std::int64_t in_service = 0;
  std::int64_t with_free = 0;
  double largest = 0;
  /// What pending pods take, which is not in `free` and `largest`.
  double taken = 0;
  /// Nodes that take no pods, by reason.
  std::map<std::string, std::int64_t> out{};
};

Sums sum_up(const KubeCluster& cluster, const What& what, const Options& options) {
  const Amounts needs = needs_of(options);
  Sums sums;
  std::vector<FreeNode> left;
  for (const KubeNode& node : cluster.nodes) {
    const std::int64_t all = is_of(node, what.name) ? amount_in(node.all, what.resource) : 0;
    // Nodes without any say nothing about them: MIG leaves 0 of nvidia.com/gpu.
    if (all == 0) continue;
    ++sums.nodes;
    sums.total += counted(what.resource, all);
    if (std::string why = out_of_service(node, what.resource, options.tolerations); !why.empty()) {
      ++sums.out[std::move(why)];
      continue;
    }
    ++sums.in_service;
    const std::int64_t free = free_on(node, what, needs);
    if (free > 0) left.push_back({&node, free});
  }
  if (options.subtract_pending) sums.taken = counted(what.resource, take(left, cluster, what.resource));
  for (const auto& [_, free] : left) {
    if (free > 0) ++sums.with_free;
    sums.free += counted(what.resource, free);
    sums.largest = std::max(sums.largest, counted(what.resource, free));
  }
  return sums;
}

// --- Words

std::string out_text(const Sums& sums) {
  return listed(sums.out, [](const auto& entry) { return fmt::format("{} {}", entry.second, entry.first); });
}

/// Nodes name the resource, and their device plugin is away.
std::string none_left(const What& what) {
  const std::string of = what.name.empty() ? "" : fmt::format(" of class '{}'", one_line(what.name));
  return fmt::format("no node{} has any {} now", of, unit_text(what.resource));
}

std::string reason(const Sums& sums, const What& what) {
  std::string text = fmt::format("{} of {} {} free", number(sums.free), number(sums.total), unit_text(what.resource));
  if (sums.free > 0) text += fmt::format(" on {} of {} nodes", sums.with_free, sums.nodes);
  if (sums.with_free > 1) text += fmt::format(", at most {} on one", number(sums.largest));
  if (!sums.out.empty()) text += fmt::format("; {}", out_text(sums));
  if (sums.taken > 0) text += fmt::format("; {} wanted by pending pods", number(sums.taken));
  return text;
}

bool covers(const config::Globs& globs, std::string_view name, std::string_view profile) {
  return std::ranges::any_of(globs.patterns, [&](const std::string& pattern) {
    return base::glob_match(pattern, profile) || (!pattern.contains(':') && base::glob_match(pattern, name));
  });
}

}  // namespace

Or<Unjudged> observe(const KubeCluster& cluster, std::string_view profile, const Options& options) {
  const auto what = what_of(cluster, profile);
  if (!what) return std::unexpected(what.error());
  const Sums sums = sum_up(cluster, *what, options);
  Unjudged seen{{.free = sums.free, .total = sums.total, .largest = sums.largest, .reason = reason(sums, *what)}};
  if (sums.in_service > 0) return seen;
  seen.said = core::Level::low;
  seen.reason = sums.nodes == 0 ? none_left(*what) : "no node in service: " + out_text(sums);
  return seen;
}

std::vector<std::string> discovered_names(const KubeCluster& cluster, const Options& options,
                                          std::span<const core::Profile> known) {
  Names found;
  Names kept;
  for (const core::Profile& profile : known) kept.insert(profile.key.name);
  const auto add = [&](const std::string& name, const std::string& profile, bool is_there) {
    if (!found.contains(profile) && (is_there || kept.contains(profile)) && covers(options.discover, name, profile))
      found.insert(profile);
  };
  for (const KubeNode& node : cluster.nodes) {
    for (const std::string& name : node.classes) {
      add(name, name, true);
      for (const auto& [resource, amount] : node.all)
        if (is_extended(resource)) add(name, fmt::format("{}:{}", name, resource), amount > 0);
    }
    for (const auto& [resource, amount] : node.all)
      if (is_extended(resource)) add(resource, resource, amount > 0);
  }
  return {found.begin(), found.end()};
}

std::string unit_of_resource(std::string_view profile) {
  const auto colon = profile.find(':');
  const std::string_view resource = colon != std::string_view::npos ? profile.substr(colon + 1) : profile;
  if (is_in_bytes(resource)) return "GiB";
  // A class has no slash.
  const bool is_resource = colon != std::string_view::npos ? resource != "cpu" : is_native(resource);
  return is_resource || is_extended(resource) ? std::string(resource) : "CPUs";
}

std::string describe(const KubeCluster& cluster) {
  std::string text;
  std::size_t count = 0;
  for (const KubeNode& node : cluster.nodes) {
    if (count++ == kMostNodes) return text + fmt::format("and {} more nodes\n", cluster.nodes.size() - kMostNodes);
    std::string amounts;
    for (const auto& [resource, all] : node.all)
      if (resource == "cpu" || resource == "memory" || resource == "pods" || (is_extended(resource) && all > 0))
        amounts += fmt::format(", {} of {} {}", number(counted(resource, free_of(node, resource))),
                               number(counted(resource, all)), unit_text(resource));
    const std::string why = out_of_service(node, "", {});
    text += fmt::format("{}{}: free{}\n", one_line(node.name), why.empty() ? "" : fmt::format(" ({})", why),
                        amounts.empty() ? " nothing" : amounts.substr(1));
  }
  return text;
}

}  // namespace probe
