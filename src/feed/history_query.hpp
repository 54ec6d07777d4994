#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "core/history.hpp"
#include "http/query.hpp"

/// A part of a profile's past in a URL: what the hardware service's history and the portal's have in common.
///
///   ?since=7d              up to now, from so long ago; a day where nothing is said
///   ?from=TIME&to=TIME     instead: RFC 3339; `to` may be left out, or be in the future
///   &span=5m|1h|1d         of the numbers' buckets; auto, the default, goes by the length of time and what is kept;
///   none: none &limit=N               of the transitions, the latest ones
namespace feed {

inline constexpr base::Duration kDefaultRange = std::chrono::hours{24};
inline constexpr base::Duration kLongestRange = std::chrono::days{3651};
inline constexpr std::size_t kDefaultTransitions = 1000;
inline constexpr std::size_t kMostTransitions = 10'000;
inline constexpr std::int64_t kMostBuckets = 10'000;

struct HistoryRange {
  base::Time from;
  /// Exclusive.
  base::Time to;
  /// Of the numbers; nothing: no numbers, unless it is_auto.
  std::optional<core::Span> span{};
  /// The span goes by what is kept: the hardware service, which knows that, chooses it.
  bool is_auto = false;
  std::size_t limit = kDefaultTransitions;

  bool operator==(const HistoryRange&) const = default;
};

/// The parameters that read_range() knows.
inline constexpr std::string_view kRangeParameters[] = {"since", "from", "to", "span", "limit"};

/// `since` counts from `now`, and its range is rounded to whole minutes, so that those who ask within a minute ask for
/// the same. `kept`: where the span is auto, its numbers.
base::Result<HistoryRange> read_range(const http::Query& query, base::Time now, const core::Retention& kept = {});

/// The same of launches, which have no span and no limit: 30 days where nothing is said.
base::Result<HistoryRange> read_period(const http::Query& query, base::Time now);

/// From `length` ago until `now`, rounded likewise.
HistoryRange range_until(base::Time now, base::Duration length);

/// As a query without '?' that read_range() reads back.
std::string to_query(const HistoryRange& range);

/// The span that shows this time in some hundred buckets and is kept of all of it; else the one that is kept longest.
core::Span span_for(base::Time from, base::Time to, base::Time now, const core::Retention& kept);

/// The time in parameter `name`; nothing when it is absent.
base::Result<std::optional<base::Time>> read_time(const http::Query& query, std::string_view name);

}  // namespace feed
