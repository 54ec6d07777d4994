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

void add(Amounts& to, const Amounts& more) {
  for (const auto& [name, amount] : more) {
    std::int64_t& mine = to[name];
    mine = amount < kMost - mine ? mine + amount : kMost;
  }
}

std::expected<Amounts, std::string> requests_of(const json::object& spec) {
  Amounts sum;
  Amounts sidecars;
  Amounts most;
  for (const json::object& container : objects_in(spec, "containers")) {
    const auto requests = read_amounts(part(part(container, "resources"), "requests"));
    if (!requests) return requests;
    add(sum, *requests);
  }
  for (const json::object& container : objects_in(spec, "initContainers")) {
    auto requests = read_amounts(part(part(container, "resources"), "requests"));
    if (!requests) return requests;
    // A sidecar goes on running beside all that come after it. Any other runs beside the sidecars before it.
    if (base::text_in(container, "restartPolicy") == "Always") {
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

std::string likeness_of(const json::object& spec) {
  return json::serialize(spec);
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
