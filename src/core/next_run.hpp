#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace core {

/// Why a profile is measured when it is.
enum class DueReason : std::uint8_t {
  watched,  ///< somebody looks at it, or waits for it
  changed,  ///< its level changed not long ago
  quiet,    ///< its level has not changed for long, and nobody looks
  budget,   ///< it is wanted sooner, which the probe's limits do not allow
};

/// "watched", "changed", "quiet", "budget".
std::string_view to_string(DueReason reason);
std::optional<DueReason> parse_due_reason(std::string_view text);

/// When a profile is measured next, if its probe has more than one period.
struct NextRun {
  base::Time due;
  DueReason reason = DueReason::quiet;

  bool operator==(const NextRun&) const = default;
};

/// A level that changed may change again soon: the period is this part of the time since it changed.
inline constexpr int kPartOfQuiet = 8;

/// The periods of a probe's profiles, from start to start.
struct RefreshRule {
  /// Of the most wanted profile, and of the least. Every profile is promised the longest.
  base::Duration min{0};
  base::Duration max{0};
  /// How much of the runs beyond that promise the limits of the probe allow: from 0, none, to 1, all. For watched
  /// profiles, and for those that changed.
  double watched = 1;
  double changed = 1;
};

/// The period that a profile would have without limits. `quiet`: how long its level has been the same; nothing while
/// its first one lasts.
base::Duration wanted_period(const RefreshRule& rule, bool watched, std::optional<base::Duration> quiet);

/// The period with that `share` of the runs beyond the promise: from `wanted` to the longest one.
base::Duration stretched(const RefreshRule& rule, base::Duration wanted, double share);

/// The next run after one that `began` then. `changed_at`: the latest change of the level.
NextRun next_run(const RefreshRule& rule, bool watched, base::Time began, std::optional<base::Time> changed_at);

}  // namespace core
