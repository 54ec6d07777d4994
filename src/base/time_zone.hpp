#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace base {

/// Where the system keeps its time zones.
inline constexpr const char* kZoneDirectory = "/usr/share/zoneinfo";

/// Local time somewhere: its offset from UTC at each time. Immutable: read it from any thread.
class TimeZone {
 public:
  /// UTC.
  TimeZone() = default;
  /// A name of the IANA database, such as "Europe/Berlin", or an offset such as "+02:00". "UTC" needs no files.
  /// invalid: it has not the form of either. not_found: `directory` has no such zone, or none that can be read.
  static Result<TimeZone> find(std::string_view name, const std::string& directory = kZoneDirectory);
  /// The content of a file of the database (RFC 8536). Nothing: it is none of version 2 or later.
  static std::optional<TimeZone> parse(std::string_view file);
  /// Can it be a name of a zone, or is it an offset? Looks at no file.
  static bool is_name(std::string_view name);

  std::chrono::seconds offset_at(Time time) const;

 private:
  /// From `at` on, in seconds since 1970, the offset is this.
  struct Turn {
    std::int64_t at = 0;
    std::chrono::seconds offset{0};
  };
  /// A day of each year and a time of that day, as in M3.5.0/2: the last Sunday of March at 2:00.
  struct Day {
    unsigned month = 1;
    unsigned week = 1;
    unsigned weekday = 0;
    std::chrono::seconds time{0};

    std::int64_t in(std::chrono::year year) const;
  };
  struct Summer {
    std::chrono::seconds offset{0};
    Day begin{};
    Day end{};
  };
  class RuleReader;

  bool read_rule(std::string_view rule);
  std::chrono::seconds offset_by_rule(std::int64_t time) const;

  /// Oldest first; the first one holds before it, too.
  std::vector<Turn> turns_{};
  /// After the last turn.
  std::chrono::seconds standard_{0};
  std::optional<Summer> summer_{};
};

}  // namespace base
