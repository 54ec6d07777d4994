#pragma once

#include <span>

#include "core/profile.hpp"
#include "probe/judge.hpp"
#include "probe/sinfo.hpp"
#include "probe/squeue.hpp"

/// Counts the capacity of a cluster. Pure and thread-safe.
namespace probe {

/// What the cluster says about a profile, which find_counted() reads. What pending jobs can take of what is free is
/// taken off. The level is LOW where no node of the partition takes jobs, else not given. Fails with a sentence when
/// there is no such partition, resource or type, and when memory counts and is not known.
std::expected<Unjudged, std::string> observe(const Cluster& cluster, const Jobs& pending, std::string_view profile,
                                             const config::SlurmOptions& options);

/// The name of every profile that the cluster has: each partition, and each type of its GPUs and
/// other generic resources.
std::vector<std::string> profile_names(const Cluster& cluster);

/// Those of them that are to be profiles. A hidden partition, and resources of nodes that are not shown, stay when they
/// are among `known`.
std::vector<std::string> discovered_names(const Cluster& cluster, const config::SlurmOptions& options,
                                          std::span<const core::Profile> known);

}  // namespace probe
