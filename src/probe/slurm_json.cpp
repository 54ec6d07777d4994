#include "probe/slurm_json.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "probe/json.hpp"
#include "probe/judge.hpp"

namespace probe {
namespace {

namespace json = boost::json;

const json::object kNothing;
const json::array kNone;

}  // namespace

const json::object& object_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_object() ? found->get_object() : kNothing;
}

const json::array& array_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_array() ? found->get_array() : kNone;
}

std::string_view text_of(const json::value& value) {
  return value.is_string() ? std::string_view(value.get_string().data(), value.get_string().size())
                           : std::string_view();
}

std::optional<std::int64_t> number_in(const json::object& object, std::string_view name, std::int64_t most) {
  const json::value* found = object.if_contains(name);
  if (found != nullptr && found->is_object()) {
    const json::object& optional = found->get_object();
    const json::value* set = optional.if_contains("set");
    const json::value* infinite = optional.if_contains("infinite");
    if ((set != nullptr && *set == false) || (infinite != nullptr && *infinite == true)) return std::nullopt;
    found = optional.if_contains("number");
  }
  if (found == nullptr || !found->is_number()) return std::nullopt;
  const auto value = found->to_number<double>();
  if (!(value >= 0 && value <= static_cast<double>(most))) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

void add_states(Words& words, const json::object& object, std::string_view name) {
  add_words(words, base::text_in(object, name));
  for (const json::value& word : array_in(object, name)) add_words(words, text_of(word));
}

void set_partition(Partition& partition, const json::object& said) {
  Words states;
  // Up to v0.0.38 it is in the object itself, as the flags and two limits are.
  add_states(states, said, "state");
  add_states(states, object_in(said, "partition"), "state");
  Words flags;
  add_states(flags, said, "flags");
  const json::object& most = object_in(said, "maximums");
  const auto limit = [&](std::string_view old_name, std::string_view name) {
    return number_in(said, old_name).value_or(number_in(most, name).value_or(kMostUnits));
  };
  partition.state = states.empty() || states.contains("up") ? "up" : *states.begin();
  if (partition.state == "up" && flags.contains("root_only")) partition.state = kRootOnly;
  partition.hidden = flags.contains("hidden");
  partition.limits = {.idle_nodes_only = flags.contains("exclusive_user") || number_in(most, "shares") == 0,
                      .cpus_per_node = limit("maximum_cpus_per_node", "cpus_per_node"),
                      .nodes_per_job = limit("maximum_nodes_per_job", "nodes")};
}

std::string error_in(const json::object& root) {
  for (const json::value& error : array_in(root, "errors"))
    if (error.is_object()) {
      auto text = base::text_in(error.get_object(), "description");
      if (text.empty()) text = base::text_in(error.get_object(), "error");
      return text.empty() ? "it does not say why" : one_line(text);
    }
  return "";
}

}  // namespace probe
