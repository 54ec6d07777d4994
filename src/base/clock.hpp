#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace base {

using Duration = std::chrono::microseconds;
/// A point in time in UTC, in microseconds since 1970: how the database stores it.
using Time = std::chrono::sys_time<Duration>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Where time comes from. Abstract so that tests can move time by hand. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime steady_now() const = 0;
  /// This machine's wall clock. Only stores without a database clock may use it.
  virtual Time wall_now() const = 0;
};

/// The machine's clocks.
const Clock& system_clock();

/// "2026-11-24T13:22:05.123Z": UTC with milliseconds.
std::string to_rfc3339(Time time);
/// Appends to_rfc3339(time) to `out`, without allocating when it has room.
void append_rfc3339(std::string& out, Time time);
/// Accepts what to_rfc3339 writes, with any number of fractional digits and any offset.
std::optional<Time> parse_rfc3339(std::string_view text);

}  // namespace base
