#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/row.hpp"

namespace core {

/// How far a row can be trusted. A function of the reading and the clock; never stored.
enum class Freshness : std::uint8_t {
  pending,  ///< never measured
  fresh,
  stale,    ///< older than its TTL plus grace, or from the future: the level is kept and flagged
  expired,  ///< older than expire_after: the level is UNKNOWN, "was HIGH"
};

/// "PENDING", "FRESH", "STALE", "EXPIRED".
std::string_view to_string(Freshness freshness);
std::optional<Freshness> parse_freshness(std::string_view text);

/// How far ahead of `now` a reading may be: clocks of several database nodes differ, and messages take time. One
/// further ahead was measured before the clock stepped back, and its age is unknown.
inline constexpr base::Duration kClockTolerance = std::chrono::seconds{5};

/// The boundaries belong to the older state: at stale_at a row is stale.
Freshness freshness(const Row& row, base::Time now);

/// The level to show: the reading's, or UNKNOWN when there is none or it has expired.
Level effective_level(const Row& row, base::Time now);

/// How long a change of the level is shown.
inline constexpr base::Duration kRecently = std::chrono::hours{1};

/// The latest change of the level when `level` follows the reading `before` at `at`.
std::optional<LevelChange> change_after(const Reading& before, Level level, base::Time at);

/// The levels of the day that ends with `reading`, which follows the reading `before`. A level was observed from
/// measured_at until the next reading, or until it became STALE.
RecentLevels recent_after(const Reading& before, const Reading& reading);

/// Did the level change within the last kRecently? Not when that was in the future.
bool changed_recently(const Row& row, base::Time now);

/// When the row's freshness, or "changed recently", changes next after `now` by itself; nothing when neither will.
std::optional<base::Time> next_turn(const Row& row, base::Time now);

/// How a probe's timing decides how long a reading is trusted.
struct FreshnessRule {
  base::Duration ttl;
  /// Allowed lateness: the probe's timeout, at most one ttl.
  base::Duration grace;
  base::Duration expire_after;
};

/// Sets stale_at and expires_at from measured_at. expires_at is never before stale_at.
void apply(const FreshnessRule& rule, Reading& reading);

/// The reading that a measurement makes whose run ended at `ended` and lasted `took`: as old as the measurement is.
Reading reading_of(Measurement measurement, base::Time ended, base::Duration took, const FreshnessRule& rule);

/// Was `before` measured later than `reading`, by more than a second? A source may answer from caches that do not
/// agree: then the later reading stays, unless it is in the future of `now`, since the clock was set back.
bool is_superseded(const Reading& reading, const Reading& before, base::Time now);

}  // namespace core
