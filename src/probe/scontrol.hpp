#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "probe/sinfo.hpp"

/// Facts that scontrol prints and sinfo does not. Pure and thread-safe; takes any bytes.
namespace probe {

/// Adds what `scontrol -a -o show partition` printed: partitions without visible nodes, their states and limits, which
/// of them are hidden, and how many nodes are not shown. Fails with a sentence.
std::expected<void, std::string> add_partitions(Cluster& cluster, std::string_view output);

/// The same of the JSON of slurmrestd's partitions.
std::expected<void, std::string> add_partitions_json(Cluster& cluster, std::string_view answer);

/// Takes off the CPUs that no job gets, and adds the memory that none has, by what `scontrol -a -o show node` printed.
/// Fails with a sentence.
std::expected<void, std::string> add_node_details(Cluster& cluster, std::string_view output);

}  // namespace probe
