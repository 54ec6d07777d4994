#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace core {

/// How available a profile is. LOW is a measurement, UNKNOWN the absence of a trustworthy one.
enum class Level : std::uint8_t { unknown, low, medium, high };

/// "HIGH", "MEDIUM", "LOW", "UNKNOWN".
std::string_view to_string(Level level);
std::optional<Level> parse_level(std::string_view text);

}  // namespace core
