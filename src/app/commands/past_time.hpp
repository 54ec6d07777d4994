#pragma once

#include <string>

#include "base/clock.hpp"

namespace app {

/// What a flag that takes such a time says of it.
constexpr const char* kPastTime = "such as 2026-11-24T13:00:00Z, 2026-11-24 (UTC), or 2h for so long ago";

/// Reads it. Throws base::UsageError that names `flag`.
base::Time past_time(const std::string& flag, const std::string& text, base::Time now);

}  // namespace app
