#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/history.hpp"

/// What a profile's transitions say about a time. Only a FRESH level was observed: a STALE one is the last that was,
/// and UNKNOWN is never taken for any level. Times are UTC. Pure; thread-safe.
namespace core {

/// A time in which level and freshness stayed the same.
struct Stretch {
  base::Time begin;
  base::Time end;
  Level level = Level::unknown;
  /// PENDING, with an UNKNOWN level, before the first transition.
  Freshness freshness = Freshness::pending;
  /// The transition's.
  std::string reason;

  base::Duration length() const { return end - begin; }
  bool observed() const { return level != Level::unknown && freshness == Freshness::fresh; }
  bool operator==(const Stretch&) const = default;
};

/// Stretches in order, each from the end of the previous one on; neighbours differ.
using Timeline = std::vector<Stretch>;

/// All of the time between `from` and `to`, by transitions in order; empty when there is none.
Timeline timeline(std::span<const Transition> transitions, base::Time from, base::Time to);

/// A part of a timeline that is shown as one stretch: at the lowest level that was observed in it, but STALE or UNKNOWN
/// where that is longer than the observed time, or as long. REQUIRES: begin < end, and a stretch in it.
Stretch merged(std::span<const Stretch> stretches, base::Time begin, base::Time end);

/// How long a timeline was what. A STALE level counts as stale alone.
struct Shares {
  base::Duration high{0};
  base::Duration medium{0};
  base::Duration low{0};
  base::Duration stale{0};
  base::Duration unknown{0};

  base::Duration observed() const { return high + medium + low; }
  base::Duration total() const { return observed() + stale + unknown; }
  bool operator==(const Shares&) const = default;
};
Shares shares(std::span<const Stretch> stretches);

/// One of them, for people: "HIGH", "stale".
struct Share {
  std::string_view name;
  /// UNKNOWN also of a stale time.
  Level level;
  /// Of the whole, up to 1.
  double part;
};
/// The best first, with those that there are none of.
std::array<Share, 5> parts(const Shares& shares);

/// How long a level lasts once it has come, from the times whose beginning and end are known. STALE times belong to it.
struct Lasting {
  std::int64_t count = 0;
  /// At most this long in half of the cases, and in nine of ten; 0 without any.
  base::Duration median{0};
  base::Duration most{0};
  /// Further times that began or ended outside of the timeline, or next to UNKNOWN. They lasted at least as long as was
  /// seen, and are not in the figures.
  std::int64_t cut = 0;

  bool operator==(const Lasting&) const = default;
};
Lasting lasting(std::span<const Stretch> stretches, Level level);

/// Of `count` moments at which a level was below the wanted one, how many were followed by it in time.
struct Chance {
  std::int64_t reached = 0;
  std::int64_t count = 0;

  double share() const { return static_cast<double>(reached) / static_cast<double>(count); }
  bool operator==(const Chance&) const = default;
};
/// The chance to reach `level` or more `within` a time, from the moments at every multiple of `step` (above 0) since
/// 1970. A moment counts when the level was observed then and nothing was UNKNOWN in the time after it, all of which,
/// with its end, is in the timeline.
Chance chance(std::span<const Stretch> stretches, Level level, base::Duration within, base::Duration step);

/// What was observed in one hour of all weeks.
struct HourOfWeek {
  base::Duration high{0};
  base::Duration medium{0};
  base::Duration low{0};
  /// In how many weeks, be it for a part of the hour.
  int weeks = 0;

  base::Duration observed() const { return high + medium + low; }
  /// Of the observed time. REQUIRES: observed() > 0.
  double at_least_medium() const {
    return static_cast<double>((high + medium).count()) / static_cast<double>(observed().count());
  }
  bool operator==(const HourOfWeek&) const = default;
};
/// From Monday, 00:00 to 01:00, on.
using Week = std::array<HourOfWeek, std::size_t{7} * 24>;
Week week(std::span<const Stretch> stretches);

}  // namespace core
