#include "core/level.hpp"

namespace core {

std::string_view to_string(Level level) {
  switch (level) {
    case Level::unknown:
      return "UNKNOWN";
    case Level::low:
      return "LOW";
    case Level::medium:
      return "MEDIUM";
    case Level::high:
      return "HIGH";
  }
  return "UNKNOWN";
}

std::optional<Level> parse_level(std::string_view text) {
  for (Level level : {Level::unknown, Level::low, Level::medium, Level::high})
    if (text == to_string(level)) return level;
  return std::nullopt;
}

}  // namespace core
