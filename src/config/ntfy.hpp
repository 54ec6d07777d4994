#pragma once

#include <string_view>

namespace config {

/// Is it a name that ntfy takes for a topic: 1 to 64 of A-Z a-z 0-9 _ -? Pure; thread-safe.
bool is_ntfy_topic(std::string_view name);

}  // namespace config
