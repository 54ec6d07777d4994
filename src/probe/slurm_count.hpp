#pragma once

#include "probe/observation.hpp"
#include "probe/sinfo.hpp"
#include "probe/squeue.hpp"

/// Counts what a cluster has. Pure and thread-safe.
namespace probe {

/// What the cluster says about a profile: PARTITION, PARTITION:GPU_TYPE or PARTITION:gpu. What pending jobs ask for is
/// taken off what is free. The level is LOW where no node of the partition takes jobs, else not given. Fails with a
/// sentence when there is no such partition or type.
std::expected<Observation, std::string> observe(const Cluster& cluster, const Demands& pending,
                                                std::string_view profile, config::Unit unit);

/// The name of every profile that the cluster has: each partition, and each type of its GPUs.
std::vector<std::string> profile_names(const Cluster& cluster);

}  // namespace probe
