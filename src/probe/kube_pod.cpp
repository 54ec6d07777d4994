#include "probe/kube_pod.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <limits>

#include "base/json.hpp"
#include "base/quantity.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kThousandths = 1000;

/// What a node says about the containers of a pod.
struct Running {
  std::map<std::string_view, const json::object*> containers{};
  /// Has the node no room for what they ask for now? They go on with what they have.
  bool infeasible = false;
};

void raise_to(Amounts& amounts, const Amounts& least) {
  for (const auto& [name, amount] : least) {
    std::int64_t& mine = amounts[name];
    mine = std::max(mine, amount);
  }
}

std::vector<std::string> texts_in(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  const json::value* list = object.if_contains(key);
  if (list == nullptr || !list->is_array()) return texts;
  for (const json::value& item : list->get_array())
    if (item.is_string()) texts.emplace_back(item.get_string());
  return texts;
}

Requirement requirement_of(const json::object& object) {
  return {std::string(base::text_in(object, "key")), std::string(base::text_in(object, "operator")),
          texts_in(object, "values")};
}

Toleration toleration_of(const json::object& object) {
  return {std::string(base::text_in(object, "key")), std::string(base::text_in(object, "value")),
          std::string(base::text_in(object, "effect")), base::text_in(object, "operator") == "Exists"};
}

const json::object& required_affinity(const json::object& spec) {
  return part(part(part(spec, "affinity"), "nodeAffinity"), "requiredDuringSchedulingIgnoredDuringExecution");
}

bool is_infeasible(const json::object& condition) {
  return base::text_in(condition, "type") == "PodResizePending" && base::text_in(condition, "reason") == "Infeasible";
}

Running running_of(const json::object& status) {
  Running running{.infeasible = std::ranges::any_of(objects_in(status, "conditions"), is_infeasible)};
  for (const char* list : {"containerStatuses", "initContainerStatuses"})
    for (const json::object& each : objects_in(status, list))
      if (each.contains("resources")) running.containers.emplace(base::text_in(each, "name"), &each);
  return running;
}

/// The requests of a container, or those that its status has.
const json::object& requests_in(const json::object& container) {
  return part(part(container, "resources"), "requests");
}

/// What counts of a container that may be resized.
std::expected<Amounts, std::string> counted_of(const json::object& container, const Running& running) {
  const json::object& asked = requests_in(container);
  auto amounts = read_amounts(asked);
  const auto found = running.containers.find(base::text_in(container, "name"));
  if (!amounts || found == running.containers.end()) return amounts;
  if (running.infeasible) amounts->clear();
  const json::object& status = *found->second;
  for (const json::object* has : {&part(status, "allocatedResources"), &requests_in(status)}) {
    // As a rule it has what it asks for.
    if (!running.infeasible && *has == asked) continue;
    const auto more = read_amounts(*has);
    if (!more) return more;
    raise_to(*amounts, *more);
  }
  return amounts;
}

}  // namespace

const json::object& part(const json::object& object, std::string_view key) {
  static const json::object kNone;
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : kNone;
}

std::vector<std::reference_wrapper<const json::object>> objects_in(const json::object& object, std::string_view key) {
  std::vector<std::reference_wrapper<const json::object>> objects;
  const json::value* list = object.if_contains(key);
  if (list == nullptr || !list->is_array()) return objects;
  for (const json::value& item : list->get_array())
    if (item.is_object()) objects.emplace_back(item.get_object());
  return objects;
}

std::expected<Amounts, std::string> read_amounts(const json::object& object) {
  Amounts amounts;
  for (const auto& [name, value] : object) {
    // Clients may leave out the quotes.
    const std::string text = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
    const auto amount = base::parse_quantity(text, name == "cpu" ? kThousandths : 1);
    if (!amount) return std::unexpected(fmt::format("{} '{}', which is no quantity", one_line(name), one_line(text)));
    amounts.emplace(name, *amount);
  }
  return amounts;
}

std::int64_t amount_in(const Amounts& amounts, std::string_view name) {
  const auto found = amounts.find(name);
  return found != amounts.end() ? found->second : 0;
}

std::int64_t plus(std::int64_t a, std::int64_t b) {
  return a < kMost - b ? a + b : kMost;
}

void add(Amounts& to, const Amounts& more) {
  for (const auto& [name, amount] : more) {
    std::int64_t& mine = to[name];
    mine = plus(mine, amount);
  }
}

std::expected<Amounts, std::string> requests_of(const json::object& pod) {
  const json::object& spec = part(pod, "spec");
  const Running running = running_of(part(pod, "status"));
  Amounts sum;
  Amounts sidecars;
  Amounts most;
  for (const json::object& container : objects_in(spec, "containers")) {
    const auto requests = counted_of(container, running);
    if (!requests) return requests;
    add(sum, *requests);
  }
  for (const json::object& container : objects_in(spec, "initContainers")) {
    const bool is_sidecar = base::text_in(container, "restartPolicy") == "Always";
    auto requests = is_sidecar ? counted_of(container, running) : read_amounts(requests_in(container));
    if (!requests) return requests;
    // A sidecar goes on running beside all that come after it. Any other runs beside the sidecars before it.
    if (is_sidecar) {
      add(sum, *requests);
      add(sidecars, *requests);
    } else {
      add(*requests, sidecars);
      raise_to(most, *requests);
    }
  }
  raise_to(sum, most);
  // What a pod asks for as a whole counts instead of its containers.
  const auto whole = read_amounts(part(part(spec, "resources"), "requests"));
  if (!whole) return whole;
  for (const auto& [name, amount] : *whole) sum[name] = amount;
  const auto overhead = read_amounts(part(spec, "overhead"));
  if (!overhead) return overhead;
  add(sum, *overhead);
  sum["pods"] = 1;
  return sum;
}

std::string likeness_of(const json::object& spec, const Amounts& wanted) {
  std::string text;
  for (const auto& [name, amount] : wanted) text += fmt::format("{}={} ", name, amount);
  for (const char* key : {"nodeSelector", "affinity", "tolerations"})
    if (const json::value* value = spec.if_contains(key)) text += key + json::serialize(*value);
  return text;
}

void read_wishes(const json::object& spec, WaitingPods& pods) {
  for (const auto& [key, value] : part(spec, "nodeSelector"))
    pods.selector.push_back({key, "In", {std::string(value.is_string() ? std::string_view(value.get_string()) : "")}});
  for (const json::object& term : objects_in(required_affinity(spec), "nodeSelectorTerms")) {
    auto& requirements = pods.terms.emplace_back();
    for (const char* list : {"matchExpressions", "matchFields"})
      for (const json::object& each : objects_in(term, list)) requirements.push_back(requirement_of(each));
  }
  for (const json::object& each : objects_in(spec, "tolerations")) pods.tolerations.push_back(toleration_of(each));
}

}  // namespace probe
