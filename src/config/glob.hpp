#pragma once

#include <string_view>

namespace config {

/// Does `outer` match every text that `inner` does? Both are globs ('*', '?'). False when that takes too long to find
/// out. Pure.
bool covers(std::string_view outer, std::string_view inner);

/// Is there a text that both match? Both are globs. Pure.
bool overlap(std::string_view one, std::string_view other);

}  // namespace config
