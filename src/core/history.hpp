#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "core/freshness.hpp"
#include "core/level.hpp"
#include "core/profile.hpp"
#include "core/reading.hpp"

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

/// What a profile's history says last, as far as the next reading needs to know it. Kept beside the reading.
struct LastTold {
  Level level = Level::unknown;
  /// kind_of() its reason.
  std::uint32_t kind = 0;
  /// When the latest transition began.
  base::Time at;
  /// When the latest began that was for the sake of its reason; 1970 before there was one.
  base::Time reason_at;

  bool operator==(const LastTold&) const = default;
};

/// A reason as history keeps it: what is longer than kMaxReasonBytes is cut, with "…" at its end.
inline constexpr std::size_t kMaxReasonBytes = 120;
std::string short_reason(std::string_view reason);

/// The words in front of a reason without their numbers, as a number: the same for "42 of 64 idle" and "3 of 64 idle",
/// and for a reason and its short_reason().
std::uint32_t kind_of(std::string_view reason);

/// A change of the reason alone is a transition at most once in this time, so that a text that always changes cannot
/// fill the database.
inline constexpr std::chrono::hours kReasonPause{1};

/// The transitions that `reading` makes, in their order; there may be none. `before`: the reading that it follows, or
/// null. `last`: what history says until now, and with these transitions; nothing: it says nothing. A transition is
/// later than the one before it, whatever the clock did.
std::vector<Transition> transitions_of(const Reading& reading, const Reading* before, std::optional<LastTold>& last);

/// A transition of any profile, with the change that wrote it. A loss of freshness is written with the reading that
/// ends it, so its time is before that change's.
struct LoggedTransition {
  Revision revision = 0;
  ProfileId profile = 0;
  Transition transition;

  bool operator==(const LoggedTransition&) const = default;
};

/// How long history is kept. 0: it is not.
struct Retention {
  /// The state at that time is kept, too, however old it is.
  base::Duration transitions = std::chrono::days{90};
  /// Numbers by five minutes, then by hour, then by day.
  base::Duration five_minutes = std::chrono::days{14};
  base::Duration hours = std::chrono::days{400};
  base::Duration days = std::chrono::days{1825};

  bool keeps_numbers() const { return five_minutes.count() > 0 || hours.count() > 0 || days.count() > 0; }
  bool operator==(const Retention&) const = default;
};

/// How long the buckets of a number are.
enum class Span : std::uint8_t { five_minutes, hour, day };

/// "5m", "1h", "1d".
std::string_view to_string(Span span);
std::optional<Span> parse_span(std::string_view text);

constexpr base::Duration length_of(Span span) {
  constexpr base::Duration kLengths[] = {std::chrono::minutes{5}, std::chrono::hours{1}, std::chrono::days{1}};
  return kLengths[static_cast<std::size_t>(span)];
}

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
