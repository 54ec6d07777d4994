#include "feed/history_query.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace feed {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr base::Time kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 13h + 22min + 5s;

base::Result<HistoryRange> read(std::string_view query) {
  return read_range(http::Query::parse(query).value(), kNow);
}

TEST(HistoryQuery, SinceReachesToTheNextMinute) {
  const base::Time next_minute = std::chrono::floor<std::chrono::minutes>(kNow) + 1min;
  EXPECT_EQ(read("").value(), (HistoryRange{.from = next_minute - 24h - 1min,
                                            .to = next_minute,
                                            .span = core::Span::five_minutes,
                                            .is_auto = true,
                                            .limit = kDefaultTransitions}));
  EXPECT_EQ(read("since=7d&limit=10"), (HistoryRange{.from = next_minute - 7 * 24h - 1min,
                                                     .to = next_minute,
                                                     .span = core::Span::hour,
                                                     .is_auto = true,
                                                     .limit = 10}));
  EXPECT_EQ(read("from=2026-11-24T13:00:00Z")->to, next_minute);
  EXPECT_EQ(range_until(kNow, 24h), (HistoryRange{.from = next_minute - 24h - 1min, .to = next_minute}));
}

TEST(HistoryQuery, TimesAreTakenAsTheyAre) {
  const auto range = read("from=2026-11-24T01:00:00.5%2B01:00&to=2027-01-01T00:00:00Z&span=1d&limit=10000");
  ASSERT_TRUE(range);
  EXPECT_EQ(base::to_rfc3339(range->from), "2026-11-24T00:00:00.500Z");
  EXPECT_EQ(base::to_rfc3339(range->to), "2027-01-01T00:00:00.000Z") << "in the future";
  EXPECT_EQ(range->span, core::Span::day);
  EXPECT_EQ(range->limit, 10'000U);
  EXPECT_EQ(read("from=2026-11-24T01:00:00+01:00")->from, read("from=2026-11-24T01:00:00%2B01:00")->from);
  EXPECT_FALSE(read("since=1h&span=none")->span);
  EXPECT_EQ(read("from=2026-11-01T00:00:00Z&to=2026-11-01T06:00:00Z")->span, core::Span::hour)
      << "none shorter is left";
  EXPECT_EQ(read("from=2025-01-01T00:00:00Z&to=2025-01-02T00:00:00Z")->span, core::Span::day);
}

TEST(HistoryQuery, AutoIsASpanThatIsKept) {
  const auto span = [](base::Duration since, const core::Retention& kept) {
    return span_for(kNow - since, kNow, kNow, kept);
  };
  using core::Span;
  constexpr std::chrono::days kDay{1};
  EXPECT_EQ(span(kDay, {}), Span::five_minutes);
  EXPECT_EQ(span(kDay, {.five_minutes = 0s}), Span::hour);
  EXPECT_EQ(span(kDay, {.five_minutes = 0s, .hours = 0s}), Span::day);
  EXPECT_EQ(span(10 * kDay, {.hours = 0s}), Span::day);
  EXPECT_EQ(span(100 * kDay, {.days = 0s}), Span::hour) << "the only one that goes back so far";
  EXPECT_EQ(span(3650 * kDay, {.five_minutes = 20 * kDay, .hours = 0s, .days = 0s}), Span::day) << "too many buckets";
  EXPECT_EQ(span(30 * kDay, {.five_minutes = 40 * kDay, .hours = 0s, .days = 0s}), Span::five_minutes);
  EXPECT_EQ(span(2000 * kDay, {}), Span::day) << "what is left of it";
}

TEST(HistoryQuery, WhatIsWrittenIsReadBack) {
  for (const char* query : {"", "since=90d", "from=2026-11-24T01:00:00Z&span=none", "since=400d&span=1h&limit=3"}) {
    const auto range = read(query);
    ASSERT_TRUE(range) << query;
    EXPECT_EQ(read(to_query(*range)).value(), *range) << query;
  }
}

TEST(HistoryQuery, MistakesAreExplained) {
  const std::pair<const char*, const char*> wrong[] = {
      {"since=7", "such as"},
      {"since=4000d", "the most is 3650d"},
      {"since=1d&from=2026-11-24T01:00:00Z", "keep one"},
      {"to=2026-11-24T01:00:00Z", "give both"},
      {"from=yesterday", "from='yesterday' is not a time of RFC 3339"},
      {"from=2026-11-24", "such as 2026-11-24T13:00:00Z"},
      {"from=2026-11-24T01:00:00Z&to=2026-11-24T01:00:00Z", "from is not before to"},
      {"from=2030-11-24T01:00:00Z", "from is not before to"},
      {"from=1900-01-01T00:00:00Z", "more than 3651d apart"},
      {"span=2h", "none of 5m, 1h, 1d, auto, none"},
      {"since=90d&span=5m", "the most is 10000"},
      {"limit=0", "from 1 to 10000"},
      {"limit=10001", "from 1 to 10000"},
  };
  for (const auto& [query, message] : wrong) {
    const auto range = read(query);
    ASSERT_FALSE(range) << query;
    EXPECT_THAT(range.error().message, HasSubstr(message)) << query;
  }
}

}  // namespace
}  // namespace feed
