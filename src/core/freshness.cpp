#include "core/freshness.hpp"

#include <algorithm>
#include <utility>

namespace core {
namespace {

bool is_future(base::Time time, base::Time now) {
  return time - kClockTolerance > now;
}

}  // namespace

std::string_view to_string(Freshness freshness) {
  switch (freshness) {
    case Freshness::pending:
      return "PENDING";
    case Freshness::fresh:
      return "FRESH";
    case Freshness::stale:
      return "STALE";
    case Freshness::expired:
      return "EXPIRED";
  }
  return "PENDING";
}

std::optional<Freshness> parse_freshness(std::string_view text) {
  for (const Freshness freshness : {Freshness::pending, Freshness::fresh, Freshness::stale, Freshness::expired})
    if (text == to_string(freshness)) return freshness;
  return std::nullopt;
}

Freshness freshness(const Row& row, base::Time now) {
  if (!row.reading) return Freshness::pending;
  if (now >= row.reading->expires_at) return Freshness::expired;
  if (now >= row.reading->stale_at || is_future(row.reading->measured_at, now)) return Freshness::stale;
  return Freshness::fresh;
}

Level effective_level(const Row& row, base::Time now) {
  if (!row.reading || now >= row.reading->expires_at) return Level::unknown;
  return row.reading->level;
}

std::optional<LevelChange> change_after(const Reading& before, Level level, base::Time at) {
  return before.level == level ? before.changed : LevelChange{before.level, at};
}

RecentLevels recent_after(const Reading& before, const Reading& reading) {
  const std::int64_t last = RecentLevels::half_hour(reading.measured_at);
  std::int64_t observed = RecentLevels::half_hour(before.measured_at);
  RecentLevels recent = before.recent;
  recent.move(last - observed);
  const base::Time end = std::min(before.stale_at, reading.measured_at);
  observed = std::max(observed, last - RecentLevels::kHalfHours);
  for (; observed * RecentLevels::kLength < end.time_since_epoch(); ++observed)
    recent.observe(last - observed, before.level);
  recent.observe(0, reading.level);
  return recent;
}

bool changed_recently(const Row& row, base::Time now) {
  if (!row.reading || !row.reading->changed) return false;
  const base::Time at = row.reading->changed->at;
  return !is_future(at, now) && now < at + kRecently;
}

std::optional<base::Time> next_turn(const Row& row, base::Time now) {
  if (!row.reading) return std::nullopt;
  std::optional<base::Time> next;
  const auto consider = [&](base::Time turn) {
    if (turn > now && (!next || turn < *next)) next = turn;
  };
  consider(row.reading->measured_at - kClockTolerance);
  consider(row.reading->stale_at);
  consider(row.reading->expires_at);
  if (row.reading->changed) {
    consider(row.reading->changed->at - kClockTolerance);
    consider(row.reading->changed->at + kRecently);
  }
  return next;
}

void apply(const FreshnessRule& rule, Reading& reading) {
  reading.stale_at = reading.measured_at + rule.ttl + rule.grace;
  reading.expires_at = std::max(reading.stale_at, reading.measured_at + rule.expire_after);
}

Reading reading_of(Measurement measurement, base::Time ended, base::Duration took, const FreshnessRule& rule) {
  // No source measured before 1970, and feeds cannot write such a time.
  const auto age = std::clamp(std::exchange(measurement.age, {}), base::Duration{0}, ended.time_since_epoch());
  Reading reading{std::move(measurement), ended - age, {}, {}, took};
  apply(rule, reading);
  reading.recent.observe(0, reading.level);
  return reading;
}

bool is_superseded(const Reading& reading, const Reading& before, base::Time now) {
  // Some sources count ages in whole seconds, and by another clock.
  constexpr std::chrono::seconds kSameTime{1};
  return reading.measured_at + kSameTime < before.measured_at && before.measured_at <= now;
}

}  // namespace core
