#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <set>
#include <utility>

#include "base/json.hpp"
#include "probe/json.hpp"
#include "probe/judge.hpp"
#include "probe/sinfo.hpp"
#include "probe/slurm_json.hpp"

namespace probe {
namespace {

namespace json = boost::json;

/// "big,fast" or ["big", "fast"].
std::optional<Names> features_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  if (found == nullptr || found->is_null()) return std::nullopt;
  Names features = read_features(text_of(*found));
  for (const json::value& feature : array_in(object, name)) features.emplace(text_of(feature));
  return features;
}

/// "cpu=3" in "cpu=3,mem=4000M,billing=3", which 22.05 has in place of "effective_cpus".
std::optional<std::int64_t> cpus_of(std::string_view tres) {
  while (!tres.empty())
    if (const auto one = cut(tres, ','); one.starts_with("cpu=")) return number(one.substr(4));
  return std::nullopt;
}

/// Memory of a node that no job has, in MiB.
std::optional<std::int64_t> free_memory_of(const json::object& node) {
  const auto all = number_in(node, "real_memory");
  const auto allocated = number_in(node, "alloc_memory");
  if (!all || !allocated) return std::nullopt;
  return std::max<std::int64_t>(0, *all - *allocated - number_in(node, "specialized_memory").value_or(0));
}

/// Sets the node's capacity for jobs; false when it is missing.
bool read_cpus(const json::object& node, RawNodes& raw) {
  const auto all = number_in(node, "cpus");
  const auto allocated = number_in(node, "alloc_cpus");
  auto effective = number_in(node, "effective_cpus");
  if (!effective) effective = cpus_of(base::text_in(node, "tres"));
  if (!all || !allocated || *allocated > *all) return false;
  raw.cpus_are_effective = effective.has_value();
  raw.cpus = std::min(*all, effective.value_or(*all));
  raw.free_cpus = std::max<std::int64_t>(0, raw.cpus - *allocated);
  raw.idle = *allocated == 0 ? 1 : 0;
  return true;
}

/// Nodes without the needed keys are counted, and have nothing free.
Nodes judge(RawNodes raw, bool complete, const config::SlurmOptions& options) {
  const std::int64_t count = raw.count;
  if (complete)
    if (auto nodes = judge_nodes(std::move(raw), options)) return std::move(*nodes);
  return {.count = count, .out = "without counts"};
}

/// One of "nodes": 22.05, and scontrol and GET /slurm/…/nodes of every version.
void add_node(Cluster& cluster, std::set<std::pair<std::string, std::string>>& seen, const json::object& node,
              const config::SlurmOptions& options) {
  const std::string name(base::text_in(node, "name"));
  RawNodes raw{.names = {name},
               .gres = base::text_in(node, "gres"),
               .gres_used = base::text_in(node, "gres_used"),
               .free_memory = free_memory_of(node),
               .features = features_in(node, "active_features")};
  const bool complete = read_cpus(node, raw);
  add_states(raw.states, node, "state");
  add_states(raw.states, node, "state_flags");
  const Nodes judged = judge(std::move(raw), complete, options);
  for (const json::value& value : array_in(node, "partitions"))
    if (const auto partition = text_of(value); seen.emplace(partition, name).second)
      cluster[std::string(partition)].nodes.push_back(judged);
}

/// One of "sinfo", from 23.02 on: nodes of a partition that are alike. CPUs are theirs together, generic resources
/// those of each.
void add_group(Cluster& cluster, const json::object& group, const config::SlurmOptions& options) {
  const json::object& nodes = object_in(group, "nodes");
  const json::object& cpus = object_in(group, "cpus");
  const json::object& gres = object_in(group, "gres");
  const json::object& partition = object_in(group, "partition");
  const auto all = number_in(cpus, "total");
  const auto idle = number_in(cpus, "idle");
  RawNodes raw{.count = number_in(nodes, "total").value_or(static_cast<std::int64_t>(array_in(nodes, "nodes").size())),
               .idle = number_in(nodes, "idle").value_or(0),
               .cpus = all.value_or(0),
               .free_cpus = idle.value_or(0),
               .gres = base::text_in(gres, "total"),
               .gres_used = base::text_in(gres, "used"),
               .features = features_in(object_in(group, "features"), "active")};
  for (const json::value& name : array_in(nodes, "nodes")) raw.names.merge(read_hosts(text_of(name)));
  add_states(raw.states, object_in(group, "node"), "state");
  Partition& out = cluster[std::string(base::text_in(partition, "name"))];
  set_partition(out, partition);
  const bool complete = all && idle && *idle <= *all;
  if (raw.count > 0) out.nodes.push_back(judge(std::move(raw), complete, options));
}

}  // namespace

std::expected<Cluster, std::string> read_sinfo_json(std::string_view output, const config::SlurmOptions& options,
                                                    std::string_view source) {
  const auto root = parse_object(output, source);
  if (!root) return std::unexpected(root.error());
  Cluster cluster;
  std::set<std::pair<std::string, std::string>> seen;
  for (const json::value& node : array_in(*root, "nodes"))
    if (node.is_object()) add_node(cluster, seen, node.get_object(), options);
  for (const json::value& group : array_in(*root, "sinfo"))
    if (group.is_object()) add_group(cluster, group.get_object(), options);
  if (const auto error = error_in(*root); cluster.empty() && !error.empty())
    return std::unexpected(fmt::format("Slurm's controller does not answer: {}", error));
  return cluster;
}

}  // namespace probe
