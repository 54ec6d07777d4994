#include "feed/history_query.hpp"

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/url.hpp"

namespace feed {
namespace {

using std::chrono::days;
using std::chrono::minutes;

std::unexpected<base::Error> wrong(std::string message) {
  return base::fail(base::Errc::invalid, std::move(message));
}

/// from and to, by since or themselves.
base::Result<HistoryRange> read_times(const http::Query& query, base::Time now) {
  const auto from = read_time(query, "from"), to = read_time(query, "to");
  if (!from) return std::unexpected(from.error());
  if (!to) return std::unexpected(to.error());
  const auto since = query.get("since");
  if (since && (*from || *to)) return wrong("since and from or to both say which time; keep one");
  if (*to && !*from) return wrong("to is there without from; give both, or since=7d");
  if (*from) return HistoryRange{.from = **from, .to = to->value_or(range_until(now, {}).to)};
  const auto length = since ? base::parse_duration(*since) : base::Result<base::Duration>(kDefaultRange);
  if (!length) return wrong(fmt::format("since: {}", length.error().message));
  return range_until(now, *length);
}

base::Result<std::optional<core::Span>> read_span(std::string_view text, const HistoryRange& range, base::Time now,
                                                  const core::Retention& kept) {
  if (text == "none") return std::nullopt;
  if (text == "auto") return span_for(range.from, range.to, now, kept);
  const auto span = core::parse_span(text);
  if (!span) return wrong(fmt::format("span='{}' is none of 5m, 1h, 1d, auto, none", text));
  if (const auto buckets = (range.to - range.from) / core::length_of(*span); buckets > kMostBuckets)
    return wrong(
        fmt::format("span={} makes {} buckets of this time; the most is {}: ask for less time, or a longer span", text,
                    buckets, kMostBuckets));
  return span;
}

}  // namespace

HistoryRange range_until(base::Time now, base::Duration length) {
  return {.from = std::chrono::floor<minutes>(now - length), .to = std::chrono::floor<minutes>(now) + minutes{1}};
}

core::Span span_for(base::Time from, base::Time to, base::Time now, const core::Retention& kept) {
  struct Choice {
    core::Span span;
    base::Duration kept;
    /// Of a time that it shows well.
    base::Duration longest;
  };
  const Choice choices[] = {{core::Span::five_minutes, kept.five_minutes, days{2}},
                            {core::Span::hour, kept.hours, days{60}},
                            {core::Span::day, kept.days, kLongestRange}};
  for (const Choice& choice : choices)
    if (to - from <= choice.longest && now - from < choice.kept) return choice.span;
  const Choice* best = &choices[2];
  for (const Choice& choice : choices)
    if (choice.kept > best->kept && (to - from) / core::length_of(choice.span) <= kMostBuckets) best = &choice;
  return best->span;
}

base::Result<std::optional<base::Time>> read_time(const http::Query& query, std::string_view name) {
  const auto given = query.get(name);
  if (!given) return std::nullopt;
  std::string text(*given);
  // A '+' that was not escaped has become a blank.
  constexpr std::size_t kDateAndTime = std::string_view("2026-11-24T13:00:00").size();
  if (const auto blank = text.find(' ', kDateAndTime); blank != std::string::npos) text[blank] = '+';
  const auto time = base::parse_rfc3339(text);
  // Of four digits, and in microseconds that fit.
  if (!time) return wrong(fmt::format("{}='{}' is not a time of RFC 3339, such as 2026-11-24T13:00:00Z", name, *given));
  return time;
}

base::Result<HistoryRange> read_range(const http::Query& query, base::Time now, const core::Retention& kept) {
  auto range = read_times(query, now);
  if (!range) return range;
  const base::Duration length = range->to - range->from;
  if (length <= base::Duration{0}) return wrong("from is not before to");
  if (length > kLongestRange)
    return wrong(fmt::format("from and to are more than {} apart", base::to_string(kLongestRange)));
  const std::string_view text = query.get("span").value_or("auto");
  const auto span = read_span(text, *range, now, kept);
  if (!span) return std::unexpected(span.error());
  range->is_auto = text == "auto";
  range->span = *span;
  const auto limit = query.number("limit", kDefaultTransitions, 1, kMostTransitions);
  if (!limit) return std::unexpected(limit.error());
  range->limit = *limit;
  return range;
}

base::Result<HistoryRange> read_period(const http::Query& query, base::Time now) {
  constexpr std::chrono::days kUsual{30};
  if (auto known = query.only({"since", "from", "to"}); !known) return std::unexpected(known.error());
  if (!query.get("since") && !query.get("from") && !query.get("to")) return range_until(now, kUsual);
  return read_range(query, now);
}

std::string to_query(const HistoryRange& range) {
  return fmt::format("from={}&to={}&span={}&limit={}", base::percent_encode(base::to_rfc3339(range.from)),
                     base::percent_encode(base::to_rfc3339(range.to)),
                     range.is_auto ? "auto"
                     : range.span  ? core::to_string(*range.span)
                                   : "none",
                     range.limit);
}

}  // namespace feed
