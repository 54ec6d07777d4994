#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace base {

/// Reads "250ms", "5s", "1m30s", "6h", "1d", or "0". Units: us, ms, s, m, h, d. A bare number other than 0 is
/// refused, since it would not say its unit.
Result<Duration> parse_duration(std::string_view text);

/// The shortest text that parse_duration reads back: "1m30s", "250ms", "0s".
std::string to_string(Duration duration);

}  // namespace base
