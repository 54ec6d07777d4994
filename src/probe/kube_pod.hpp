#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "probe/kube_list.hpp"

/// What a pod asks for, by its spec in JSON, whatever is in that. Pure and thread-safe.
namespace probe {

/// The object at `key`, or an empty one.
const boost::json::object& part(const boost::json::object& object, std::string_view key);

/// The objects in the list at `key`.
std::vector<std::reference_wrapper<const boost::json::object>> objects_in(const boost::json::object& object,
                                                                          std::string_view key);

/// {"cpu": "500m", …}. Fails with what is wrong: "cpu 'x', which is no quantity".
std::expected<Amounts, std::string> read_amounts(const boost::json::object& object);

/// Sums end at 2^63 - 1.
void add(Amounts& to, const Amounts& more);

/// What the scheduler takes off a node for the pod: the most that its containers and init containers need at a time,
/// its overhead, and 1 of `pods`.
std::expected<Amounts, std::string> requests_of(const boost::json::object& spec);

/// The same text for pods that want the same.
std::string likeness_of(const boost::json::object& spec);

/// Fills in which nodes the pod may run on.
void read_wishes(const boost::json::object& spec, WaitingPods& pods);

}  // namespace probe
