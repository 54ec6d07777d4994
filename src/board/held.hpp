#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/condition.hpp"

namespace board {

/// Holds by the hash of their profile's key. A waiting client carries them from one process to the next.
using Held = std::unordered_map<std::uint64_t, core::Hold>;

/// The same in every process and version.
std::uint64_t hash_of(const core::ProfileKey& key);

/// Letters, digits, '.', '-' and '_' only, 24 bytes for each hold; "" for none. Times are cut to milliseconds, so that
/// a hold never seems longer than it is.
std::string to_text(const Held& held, base::Time now);

/// Reads the text of to_text(). Nothing for other texts, and for more than `most` holds.
std::optional<Held> parse_held(std::string_view text, std::size_t most);

}  // namespace board
