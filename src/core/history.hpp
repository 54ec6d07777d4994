#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "core/freshness.hpp"
#include "core/level.hpp"
#include "core/profile.hpp"

namespace core {

/// A state of a profile and when it began. A history is a list of them, and each lasts until the next. Before the first
/// one nothing is known.
struct Transition {
  base::Time at;
  /// UNKNOWN: there was no trustworthy measurement from then on.
  Level level = Level::unknown;
  /// FRESH, STALE, or EXPIRED with an UNKNOWN level.
  Freshness freshness = Freshness::fresh;
  /// Why, for people: the reading's reason, cut where it is long; "" of a loss of freshness.
  std::string reason;

  bool operator==(const Transition&) const = default;
};

/// A transition of any profile, with the change that wrote it. A loss of freshness is written with the reading that
/// ends it, so its time is before that change's.
struct LoggedTransition {
  Revision revision = 0;
  ProfileId profile = 0;
  Transition transition;

  bool operator==(const LoggedTransition&) const = default;
};

/// How long the buckets of a number are.
enum class Span : std::uint8_t { five_minutes, hour, day };

/// The values of one number in one span of time, which begins at a multiple of the span since 1970, UTC.
struct Bucket {
  base::Time begin;
  std::int64_t count = 0;
  double least = 0;
  double most = 0;
  double sum = 0;

  double mean() const { return sum / static_cast<double>(count); }
  bool operator==(const Bucket&) const = default;
};

}  // namespace core
