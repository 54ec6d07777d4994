#include "probe/scontrol.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "probe/json.hpp"
#include "probe/slurm_json.hpp"

namespace probe {
namespace {

/// The value in "… KEY=VALUE …"; "" when there is none. The first one: what people write comes last.
std::string_view value_of(std::string_view line, std::string_view key) {
  while (!line.empty()) {
    std::string_view word = cut(line, ' ');
    if (cut(word, '=') == key) return word;
  }
  return {};
}

/// "No partitions in the system"
bool says_none(std::string_view line) {
  return line.starts_with("No ") && line.ends_with(" in the system");
}

struct Details {
  /// CPUs that no job gets. Before 22.05, scontrol does not say.
  std::int64_t reserved_cpus = 0;
  /// In MiB.
  std::optional<std::int64_t> free_memory{};
};

/// Of each node, by its name.
std::expected<std::map<std::string_view, Details>, std::string> details_in(std::string_view output) {
  std::map<std::string_view, Details> all;
  while (const auto line = next_line(output)) {
    if (says_none(*line)) continue;
    const auto cpus = number(value_of(*line, "CPUTot"));
    if (!line->starts_with("NodeName=") || !cpus)
      return std::unexpected(bad_line("scontrol", "NodeName=…, CPUTot=… and CPUEfctv=…", *line));
    Details& details = all[value_of(*line, "NodeName")];
    details.reserved_cpus = std::max<std::int64_t>(0, *cpus - number(value_of(*line, "CPUEfctv")).value_or(*cpus));
    const auto memory = number(value_of(*line, "RealMemory"));
    const auto used = number(value_of(*line, "AllocMem"));
    const auto reserved = number(value_of(*line, "MemSpecLimit")).value_or(0);
    if (memory && used) details.free_memory = std::max<std::int64_t>(0, *memory - *used - reserved);
  }
  return all;
}

void add_details(Nodes& nodes, const std::map<std::string_view, Details>& all) {
  std::int64_t reserved = 0;
  for (const std::string& name : nodes.names) {
    const auto found = all.find(name);
    if (found == all.end()) continue;
    reserved += found->second.reserved_cpus;
    // Of nodes that are alike, each has that of the one with the least.
    if (const auto memory = found->second.free_memory)
      nodes.free_memory = std::min(*memory, nodes.free_memory.value_or(*memory));
  }
  if (nodes.cpus_are_effective) return;
  // sinfo counts them as idle.
  nodes.cpus = std::max<std::int64_t>(0, nodes.cpus - reserved);
  nodes.free_cpus = std::max<std::int64_t>(0, nodes.free_cpus - reserved);
}

/// Of the nodes that a partition has, those that are not shown are missing.
void set_unseen(Partition& partition, std::optional<std::int64_t> nodes) {
  std::int64_t seen = 0;
  for (const Nodes& each : partition.nodes) seen += each.count;
  partition.unseen = std::max<std::int64_t>(0, std::min(kMostUnits, nodes.value_or(seen)) - seen);
}

/// One line of scontrol.
void read_partition(Partition& partition, std::string_view line) {
  const auto is = [&](std::string_view key, std::string_view value) { return value_of(line, key) == value; };
  // "UNLIMITED" is no number.
  const auto limit = [&](std::string_view key) { return number(value_of(line, key)).value_or(kMostUnits); };
  partition.state = base::lower(value_of(line, "State"));
  if (partition.state == "up" && is("RootOnly", "YES")) partition.state = kRootOnly;
  partition.hidden = is("Hidden", "YES");
  partition.limits = {.idle_nodes_only = is("OverSubscribe", "EXCLUSIVE") || is("ExclusiveUser", "YES"),
                      .cpus_per_node = limit("MaxCPUsPerNode"),
                      .nodes_per_job = limit("MaxNodes")};
  set_unseen(partition, number(value_of(line, "TotalNodes")));
}

/// One of slurmrestd's: up to v0.0.38 with "total_nodes" in it.
void add_partition(Cluster& cluster, const boost::json::object& said) {
  Partition& partition = cluster[std::string(base::text_in(said, "name"))];
  set_partition(partition, said);
  const auto nodes = number_in(said, "total_nodes");
  set_unseen(partition, nodes ? nodes : number_in(object_in(said, "nodes"), "total"));
}

}  // namespace

std::expected<void, std::string> add_partitions(Cluster& cluster, std::string_view output) {
  while (const auto line = next_line(output)) {
    if (says_none(*line)) continue;
    if (!line->starts_with("PartitionName=") || value_of(*line, "State").empty())
      return std::unexpected(bad_line("scontrol", "PartitionName=… and State=…", *line));
    read_partition(cluster[std::string(value_of(*line, "PartitionName"))], *line);
  }
  return {};
}

std::expected<void, std::string> add_partitions_json(Cluster& cluster, std::string_view answer) {
  const auto root = parse_object(answer, "slurmrestd's list of partitions");
  if (!root) return std::unexpected(root.error());
  const auto& partitions = array_in(*root, "partitions");
  for (const auto& partition : partitions)
    if (partition.is_object()) add_partition(cluster, partition.get_object());
  if (const auto error = error_in(*root); partitions.empty() && !error.empty())
    return std::unexpected(fmt::format("Slurm's controller does not answer: {}", error));
  return {};
}

std::expected<void, std::string> add_node_details(Cluster& cluster, std::string_view output) {
  const auto details = details_in(output);
  if (!details) return std::unexpected(details.error());
  for (auto& [_, partition] : cluster)
    for (Nodes& nodes : partition.nodes) add_details(nodes, *details);
  return {};
}

}  // namespace probe
