#include "probe/scontrol.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

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

/// CPUs of each node that no job gets, by name. Before 22.05, scontrol does not say.
std::expected<std::map<std::string_view, std::int64_t>, std::string> reserved_cpus(std::string_view output) {
  std::map<std::string_view, std::int64_t> reserved;
  while (const auto line = next_line(output)) {
    if (says_none(*line)) continue;
    const auto all = number(value_of(*line, "CPUTot"));
    if (!line->starts_with("NodeName=") || !all)
      return std::unexpected(bad_line("scontrol", "NodeName=…, CPUTot=… and CPUEfctv=…", *line));
    const auto effective = number(value_of(*line, "CPUEfctv")).value_or(*all);
    if (effective < *all) reserved[value_of(*line, "NodeName")] = *all - effective;
  }
  return reserved;
}

}  // namespace

std::expected<void, std::string> add_partitions(Cluster& cluster, std::string_view output) {
  while (const auto line = next_line(output)) {
    if (says_none(*line)) continue;
    const auto state = value_of(*line, "State");
    if (!line->starts_with("PartitionName=") || state.empty())
      return std::unexpected(bad_line("scontrol", "PartitionName=… and State=…", *line));
    Partition& partition = cluster[std::string(value_of(*line, "PartitionName"))];
    partition.state = base::lower(state);
    partition.hidden = value_of(*line, "Hidden") == "YES";
    std::int64_t seen = 0;
    for (const Nodes& nodes : partition.nodes) seen += nodes.count;
    const auto all = number(value_of(*line, "TotalNodes")).value_or(seen);
    partition.unseen = std::max<std::int64_t>(0, all - seen);
  }
  return {};
}

std::expected<void, std::string> take_off_reserved_cpus(Cluster& cluster, std::string_view output) {
  const auto reserved = reserved_cpus(output);
  if (!reserved) return std::unexpected(reserved.error());
  if (reserved->empty()) return {};
  for (auto& [_, partition] : cluster)
    for (Nodes& nodes : partition.nodes) {
      if (nodes.cpus_are_effective) continue;
      std::int64_t sum = 0;
      for (const std::string& name : nodes.names)
        if (const auto found = reserved->find(name); found != reserved->end()) sum += found->second;
      // sinfo counts them as idle.
      nodes.cpus = std::max<std::int64_t>(0, nodes.cpus - sum);
      nodes.free_cpus = std::max<std::int64_t>(0, nodes.free_cpus - sum);
    }
  return {};
}

}  // namespace probe
