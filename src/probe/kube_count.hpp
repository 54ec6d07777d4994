#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "core/profile.hpp"
#include "probe/judge.hpp"
#include "probe/kube_list.hpp"

/// Counts the capacity of a Kubernetes cluster. Pure and thread-safe.
namespace probe {

/// What the cluster says about a profile: CLASS (its CPUs), CLASS:RESOURCE, or RESOURCE of all nodes. The level is LOW
/// where none of the nodes takes pods, else not given. Fails with a sentence when there is no such class or resource.
std::expected<Unjudged, std::string> observe(const KubeCluster& cluster, std::string_view profile,
                                             const config::KubernetesOptions& options);

/// The names of all profiles that options.discover covers. Resources of which a node has none now stay when they are
/// among `known`.
std::vector<std::string> discovered_names(const KubeCluster& cluster, const config::KubernetesOptions& options,
                                          std::span<const core::Profile> known);

/// The unit of a profile's numbers, for people: "CPUs", "GiB" or the name of the resource.
std::string unit_of_resource(std::string_view profile);

/// A line for each of the first nodes: what is allocatable and free, and why it takes no pods.
std::string describe(const KubeCluster& cluster);

}  // namespace probe
