#pragma once

#include <set>
#include <string>
#include <string_view>

#include "config/config.hpp"

/// The states of Slurm's nodes, from 20.11 to 25.11. Pure and thread-safe; takes any bytes.
namespace probe {

/// The words of a state, in lower case: {"idle", "drain"}.
using Words = std::set<std::string, std::less<>>;

/// Adds the words of "idle+drain", "mixed*" or "IDLE".
void add_words(Words& words, std::string_view text);

/// Why a node in this state takes no jobs, such as "drained"; "" when it does, or would if it were not full. A word
/// that no version of Slurm is known to use keeps jobs away, and is named.
std::string why_out(const Words& words, const config::SlurmOptions& options);

/// No CPU is left, whatever else there is.
bool is_full(const Words& words);

}  // namespace probe
