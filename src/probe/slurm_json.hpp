#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "probe/sinfo.hpp"
#include "probe/slurm_state.hpp"
#include "probe/slurm_text.hpp"

/// How Slurm's commands and slurmrestd write JSON, from 22.05 on. Pure and thread-safe; takes any bytes.
namespace probe {

/// The member of that name; nothing in it where it is missing or of another type.
const boost::json::object& object_in(const boost::json::object& object, std::string_view name);
const boost::json::array& array_in(const boost::json::object& object, std::string_view name);
std::string_view text_of(const boost::json::value& value);

/// A count; newer versions write some as {"set": true, "infinite": false, "number": 8}. Nothing when it is not given or
/// from 0 to `most`.
std::optional<std::int64_t> number_in(const boost::json::object& object, std::string_view name,
                                      std::int64_t most = kMostUnits);

/// A state is a word, or a list of words.
void add_states(Words& words, const boost::json::object& object, std::string_view name);

/// Sets the state and the limits of a partition, as slurmrestd and `sinfo --json` say them.
void set_partition(Partition& partition, const boost::json::object& said);

/// The error in an answer, or "". When the controller is gone, sinfo prints an error and no nodes, with exit code 0.
std::string error_in(const boost::json::object& root);

}  // namespace probe
