#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/freshness.hpp"
#include "core/level.hpp"
#include "core/reading.hpp"

/// Launches as evidence about a profile, beside the measurements of probes.
namespace core {

/// How a launch of a profile ended.
struct Launch {
  /// Of one that failed, with a cause that is not `other` (core/launch_error.hpp); "" of one that worked.
  std::string error;
  std::optional<base::Duration> took{};
  /// Where it was, and who tells it; may be "".
  std::string where{};
  std::string source{};

  bool worked() const { return error.empty(); }
  bool operator==(const Launch&) const = default;
};

/// "launched in eu-1 within 42s (reported by karpenter)", "launch failed in eu-1: InsufficientInstanceCapacity", "no
/// quota: launch failed: VcpuLimitExceeded". Of an error it has the code or sentence that names the cause alone, since
/// everybody reads it.
std::string reason_of(const Launch& launch);

/// Is this a launch, and no measurement? Told from its reason.
bool is_launch(const Reading& reading);

/// How long a launch is trusted where no probe measures the profile.
inline constexpr FreshnessRule kUnprobed{
    .ttl = std::chrono::minutes{5}, .grace = base::Duration{0}, .expire_after = std::chrono::minutes{30}};

/// The reading that a launch which ended at `at` makes, after the reading `before`, or null. One that failed makes it
/// LOW; one that worked MEDIUM, unless it was HIGH. One that confirms a fresh level leaves its numbers, if it has any,
/// and they grow old as before; any other has none, and is fresh from `at` on. Nothing: `before` is as new, so the
/// launch changes nothing. Of launches that ended at the same time, one that failed is newer than one that worked.
std::optional<Reading> reading_after(const Launch& launch, base::Time at, const Reading* before,
                                     const FreshnessRule& rule, base::Time now);

/// The level that was shown at `at`, not before the end of `reading`'s measurement.
inline Level level_at(const Reading& reading, base::Time at) {
  return at < reading.expires_at ? reading.level : Level::unknown;
}

/// How many launches worked, and how many did not.
struct Launches {
  std::int64_t worked = 0;
  std::int64_t failed = 0;

  std::int64_t all() const { return worked + failed; }
  bool operator==(const Launches&) const = default;
};

/// Launches by the level that was shown when they began.
struct Calibration {
  std::array<Launches, 4> of{};

  Launches& operator[](Level said) { return of[static_cast<std::size_t>(said)]; }
  const Launches& operator[](Level said) const { return of[static_cast<std::size_t>(said)]; }
  Calibration& operator+=(const Calibration& other);
  /// Of all levels.
  std::int64_t all() const;
  bool operator==(const Calibration&) const = default;
};

}  // namespace core
