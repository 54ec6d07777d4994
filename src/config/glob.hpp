#pragma once

#include <string_view>

namespace config {

inline bool is_glob(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

/// Does `outer` match every text that `inner` does? Both are globs ('*', '?'). False when that takes too long to find
/// out. Pure.
bool covers(std::string_view outer, std::string_view inner);

/// Is there a text that both match? Both are globs. Pure.
bool overlap(std::string_view one, std::string_view other);

}  // namespace config
