#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "probe/kube_list.hpp"

/// Which nodes take pods, and which pods. Pure and thread-safe.
namespace probe {

inline constexpr std::int64_t kMostAmount = std::numeric_limits<std::int64_t>::max();

/// A node with what pods can still take of a resource.
struct FreeNode {
  const KubeNode* node = nullptr;
  std::int64_t free = 0;
};

/// Why a node takes no pod that asks for `resource`: "not ready", "cordoned", "tainted KEY"; "" when it does. A taint
/// is ignored when one of `tolerated` covers it, and when it keeps the node for pods that ask for this very resource:
/// its key is the resource's name, or "gpu" in its domain.
std::string out_of_service(const KubeNode& node, std::string_view resource, std::span<const std::string> tolerated);

/// Could a pod like these run on the node, once others have ended? By its selector and affinity, by taints that it
/// tolerates, and by all that the node has.
bool may_run_on(const WaitingPods& pods, const KubeNode& node);

/// Subtracts from `left` what pods without a node want of the resource, and returns how much that is. Pods that find
/// little room come first: others may go elsewhere. The order of the list of pods does not matter.
std::int64_t take(std::vector<FreeNode>& left, const KubeCluster& cluster, std::string_view resource);

}  // namespace probe
