#pragma once

#include <string_view>

namespace config {

/// Does `outer` match every text that `inner` does? Both are globs ('*', '?'). False when that takes too long to find
/// out. Pure.
bool covers(std::string_view outer, std::string_view inner);

}  // namespace config
