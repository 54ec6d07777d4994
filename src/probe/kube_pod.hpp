#pragma once

#include <boost/json/object.hpp>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "probe/kube_list.hpp"

/// What a pod asks for, by its JSON, whatever is in that. Pure and thread-safe.
namespace probe {

/// The object at `key`, or an empty one.
const boost::json::object& part(const boost::json::object& object, std::string_view key);

/// The objects in the list at `key`.
std::vector<std::reference_wrapper<const boost::json::object>> objects_in(const boost::json::object& object,
                                                                          std::string_view key);

/// {"cpu": "500m", …}. Fails with what is wrong: "cpu 'x', which is no quantity".
std::expected<Amounts, std::string> read_amounts(const boost::json::object& object);

/// 0 when it is not there.
std::int64_t amount_in(const Amounts& amounts, std::string_view name);

/// Sums end at 2^63 - 1.
std::int64_t plus(std::int64_t a, std::int64_t b);
void add(Amounts& to, const Amounts& more);

/// What the scheduler takes off a node for the pod: the most that its containers and init containers need at a time,
/// its overhead, and 1 of `pods`. A container that is being resized needs the most of what it has and asks for, and
/// what it has when its node can never give it more.
std::expected<Amounts, std::string> requests_of(const boost::json::object& pod);

/// The same text for pods that want the same, of which each wants `wanted`.
std::string likeness_of(const boost::json::object& spec, const Amounts& wanted);

/// Fills in which nodes the pod may run on.
void read_wishes(const boost::json::object& spec, WaitingPods& pods);

}  // namespace probe
