#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.hpp"

/// Reads lists of nodes and pods, as Kubernetes' API has them, page by page. Pure and thread-safe; takes any bytes.
namespace probe {

/// Amounts of resources by name. Of `cpu` in thousandths; of memory and storage in bytes.
using Amounts = std::map<std::string, std::int64_t, std::less<>>;

struct Taint {
  std::string key{};
  std::string value{};
  std::string effect{};
};

/// A condition on the labels of a node. Its name is the label kNodeName.
struct Requirement {
  std::string key{};
  /// In, NotIn, Exists, DoesNotExist, Gt or Lt.
  std::string compares{};
  std::vector<std::string> values{};
};
inline constexpr std::string_view kNodeName = "metadata.name";

/// A pod's word on taints. "" is any key, or any effect.
struct Toleration {
  std::string key{};
  std::string value{};
  std::string effect{};
  /// Whatever the value is.
  bool any_value = false;
};

struct KubeNode {
  std::string name{};
  /// The values of its options.class_labels.
  std::vector<std::string> classes{};
  /// Kept where pending pods count, who look at them.
  std::map<std::string, std::string, std::less<>> labels{};
  bool ready = false;
  /// spec.unschedulable
  bool cordoned = false;
  /// Those that keep pods away: NoSchedule and NoExecute.
  std::vector<Taint> taints{};
  /// Allocatable, and requested by its pods.
  Amounts all{};
  Amounts used{};
};

/// Pods without a node that are alike.
struct WaitingPods {
  std::int64_t count = 0;
  /// By each.
  Amounts wanted{};
  /// All hold for its node, and those of one of `terms`, if there are any.
  std::vector<Requirement> selector{};
  std::vector<std::vector<Requirement>> terms{};
  std::vector<Toleration> tolerations{};
};

struct KubeCluster {
  std::vector<KubeNode> nodes{};
  /// By what makes them alike. Their order does not depend on that of the list.
  std::map<std::string, WaitingPods> waiting{};
  /// Places in `nodes`.
  std::unordered_map<std::string, std::size_t> by_name{};
  std::size_t pods = 0;
};

/// Adds the nodes of a page to `cluster`. Returns where the next page begins; "" after the last one. Fails with a
/// sentence when the page is no NodeList; `cluster` may then have a part of it.
std::expected<std::string, std::string> read_nodes(std::string_view page, const config::KubernetesOptions& options,
                                                   KubeCluster& cluster);

/// The same of pods: those of nodes in `cluster` use these nodes, and those without a node wait, where pending pods
/// count. Pods that have ended do neither.
std::expected<std::string, std::string> read_pods(std::string_view page, const config::KubernetesOptions& options,
                                                  KubeCluster& cluster);

/// As it was before the first page of pods.
void forget_pods(KubeCluster& cluster);

/// Reason and message in the API's answer to a refused request (Status): "Forbidden: pods is forbidden: …"; "" when it
/// is none.
std::string status_text(std::string_view body);

}  // namespace probe
