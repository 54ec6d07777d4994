#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "core/level.hpp"

namespace core {

/// What a probe found out about one profile, before it has a time.
struct Measurement {
  Level level = Level::unknown;
  /// Units that are free now, and in all.
  std::optional<double> free;
  std::optional<double> total;
  /// The largest request that fits in one piece now, such as on one node; `free` is the sum.
  std::optional<double> largest;
  /// The source's own scale, as it gave it.
  std::optional<double> score;
  /// Per unit and hour, in the source's currency.
  std::optional<double> price;
  /// Why this level, for people: "42 of 64 nodes idle".
  std::string reason;
  /// How long before the end of the run the source measured it; 0 where it says nothing. Never negative. A Reading has
  /// it in its measured_at.
  base::Duration age{0};

  bool operator==(const Measurement&) const = default;
};

/// When a level became another one.
struct LevelChange {
  Level from = Level::unknown;
  /// End of the probe that found the new level.
  base::Time at;

  bool operator==(const LevelChange&) const = default;
};

/// A measurement with its times. Without one, a profile is PENDING.
struct Reading : Measurement {
  /// When the source measured it: at the end of the probe unless it gave an age. On the database's clock.
  base::Time measured_at;
  /// From then on the level is kept and flagged: measured_at + ttl + grace.
  base::Time stale_at;
  /// From then on the level is UNKNOWN: measured_at + expire_after.
  base::Time expires_at;
  /// How long the probe ran.
  base::Duration took{0};
  /// The latest change of the level; nothing while the first one lasts.
  std::optional<LevelChange> changed{};

  bool operator==(const Reading&) const = default;
};

/// The latest attempt, when it failed. The last reading stays until it expires.
struct Failure {
  std::string error;
  base::Time failed_at;

  bool operator==(const Failure&) const = default;
};

}  // namespace core
