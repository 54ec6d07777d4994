#include "probe/kube_list.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/json.hpp"
#include "probe/json_places.hpp"
#include "probe/kube_pod.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

namespace json = boost::json;
template <class T>
using Or = std::expected<T, std::string>;
using Options = config::KubernetesOptions;

const JsonPlaces& node_places() {
  static const JsonPlaces places = {"kind",
                                    "metadata.continue",
                                    "items.metadata.name",
                                    "items.metadata.labels",
                                    "items.spec.unschedulable",
                                    "items.spec.taints",
                                    "items.status.allocatable",
                                    "items.status.conditions.type",
                                    "items.status.conditions.status"};
  return places;
}

const JsonPlaces& pod_places() {
  static const JsonPlaces places = {"kind",
                                    "metadata.continue",
                                    "items.metadata.name",
                                    "items.metadata.namespace",
                                    "items.metadata.deletionTimestamp",
                                    "items.spec.nodeName",
                                    "items.spec.nodeSelector",
                                    "items.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution",
                                    "items.spec.tolerations",
                                    "items.spec.schedulingGates.name",
                                    "items.spec.overhead",
                                    "items.spec.resources.requests",
                                    "items.spec.containers.name",
                                    "items.spec.containers.resources.requests",
                                    "items.spec.initContainers.name",
                                    "items.spec.initContainers.resources.requests",
                                    "items.spec.initContainers.restartPolicy",
                                    "items.status.phase",
                                    "items.status.conditions.type",
                                    "items.status.conditions.reason",
                                    "items.status.containerStatuses.name",
                                    "items.status.containerStatuses.allocatedResources",
                                    "items.status.containerStatuses.resources.requests",
                                    "items.status.initContainerStatuses.name",
                                    "items.status.initContainerStatuses.allocatedResources",
                                    "items.status.initContainerStatuses.resources.requests"};
  return places;
}

void read_labels(const json::object& labels, const Options& options, KubeNode& node) {
  for (const std::string& label : options.class_labels)
    if (const std::string_view value = base::text_in(labels, label); !value.empty()) node.classes.emplace_back(value);
  if (!options.subtract_pending) return;
  for (const auto& [key, value] : labels)
    if (value.is_string()) node.labels.emplace(key, value.get_string());
}

Or<KubeNode> read_node(const json::object& item, const Options& options) {
  KubeNode node{.name = std::string(base::text_in(part(item, "metadata"), "name"))};
  auto all = read_amounts(part(part(item, "status"), "allocatable"));
  if (!all) return std::unexpected(fmt::format("node '{}' has {}", one_line(node.name), all.error()));
  node.all = std::move(*all);
  read_labels(part(part(item, "metadata"), "labels"), options, node);
  const json::object& spec = part(item, "spec");
  const json::value* unschedulable = spec.if_contains("unschedulable");
  node.cordoned = unschedulable != nullptr && unschedulable->is_bool() && unschedulable->get_bool();
  for (const json::object& taint : objects_in(spec, "taints")) {
    const auto effect = base::text_in(taint, "effect");
    if (effect != "NoSchedule" && effect != "NoExecute") continue;
    node.taints.push_back(
        {std::string(base::text_in(taint, "key")), std::string(base::text_in(taint, "value")), std::string(effect)});
  }
  for (const json::object& condition : objects_in(part(item, "status"), "conditions"))
    if (base::text_in(condition, "type") == "Ready") node.ready = base::text_in(condition, "status") == "True";
  return node;
}

Or<void> add_pod(const json::object& item, const Options& options, KubeCluster& cluster) {
  const std::string_view phase = base::text_in(part(item, "status"), "phase");
  if (phase == "Succeeded" || phase == "Failed") return {};
  const json::object& spec = part(item, "spec");
  const json::object& metadata = part(item, "metadata");
  auto wanted = requests_of(item);
  if (!wanted)
    return std::unexpected(fmt::format("pod '{}/{}' has {}", one_line(base::text_in(metadata, "namespace")),
                                       one_line(base::text_in(metadata, "name")), wanted.error()));
  if (const std::string_view name = base::text_in(spec, "nodeName"); !name.empty()) {
    const auto node = cluster.by_name.find(std::string(name));
    if (node != cluster.by_name.end()) add(cluster.nodes[node->second].used, *wanted);
    return {};
  }
  // A gate is a wish not to be scheduled yet. A pod that is being deleted never is.
  if (!options.subtract_pending || !objects_in(spec, "schedulingGates").empty() ||
      metadata.contains("deletionTimestamp"))
    return {};
  WaitingPods& alike = cluster.waiting[likeness_of(spec, *wanted)];
  if (alike.count++ == 0) {
    alike.wanted = std::move(*wanted);
    read_wishes(spec, alike);
  }
  return {};
}

/// Calls `take` for each object of a list of this kind. Returns where it continues.
template <class Take>
Or<std::string> read_list(std::string_view page, const JsonPlaces& places, std::string_view kind, const Take& take) {
  const auto value = parse_json(page, places);
  if (!value) return std::unexpected(fmt::format("the answer {}", value.error()));
  const json::object* list = value->if_object();
  if (list == nullptr || base::text_in(*list, "kind") != kind)
    return std::unexpected(fmt::format("the answer is not a {} of Kubernetes", kind));
  const json::value* items = list->if_contains("items");
  // An empty list may be null.
  if (items == nullptr || !(items->is_array() || items->is_null()))
    return std::unexpected(fmt::format("the answer is a {} without items", kind));
  for (const json::object& item : objects_in(*list, "items"))
    if (auto fine = take(item); !fine) return std::unexpected(std::move(fine.error()));
  return std::string(base::text_in(part(*list, "metadata"), "continue"));
}

}  // namespace

Or<std::string> read_nodes(std::string_view page, const Options& options, KubeCluster& cluster) {
  return read_list(page, node_places(), "NodeList", [&](const json::object& item) -> Or<void> {
    auto node = read_node(item, options);
    if (!node) return std::unexpected(std::move(node.error()));
    if (node->name.empty()) return std::unexpected(std::string("the answer has a node without a name"));
    if (cluster.by_name.emplace(node->name, cluster.nodes.size()).second) cluster.nodes.push_back(std::move(*node));
    return {};
  });
}

Or<std::string> read_pods(std::string_view page, const Options& options, KubeCluster& cluster) {
  return read_list(page, pod_places(), "PodList", [&](const json::object& item) {
    ++cluster.pods;
    return add_pod(item, options, cluster);
  });
}

void forget_pods(KubeCluster& cluster) {
  for (KubeNode& node : cluster.nodes) node.used.clear();
  cluster.waiting.clear();
  cluster.pods = 0;
}

std::string status_text(std::string_view body) {
  const auto value = parse_json(body, {"kind", "reason", "message"});
  const json::object* status = value ? value->if_object() : nullptr;
  if (status == nullptr || base::text_in(*status, "kind") != "Status") return "";
  return fmt::format("{}: {}", one_line(base::text_in(*status, "reason")), one_line(base::text_in(*status, "message")));
}

}  // namespace probe
