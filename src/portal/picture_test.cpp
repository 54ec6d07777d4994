#include "portal/picture.hpp"

#include <gmock/gmock.h>

#include "portal/number_chart.hpp"
#include "portal/timeline_picture.hpp"
#include "portal/week_picture.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using core::Freshness;
using core::Level;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// A Monday.
constexpr base::Time kBegin{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) ++count;
  return count;
}

TEST(Picture, SaysTimesAndShares) {
  EXPECT_EQ(time_text(kBegin + 14h + 5min + 59s), "23 Nov 2026, 14:05");
  EXPECT_EQ(duration_text(0s), "0 s");
  EXPECT_EQ(duration_text(59s), "59 s");
  EXPECT_EQ(duration_text(60s), "1 min");
  EXPECT_EQ(duration_text(4h + 5min + 6s), "4 h 5 min");
  EXPECT_EQ(duration_text(24h + 59min), "1 d");
  EXPECT_EQ(duration_text(90 * 24h + 1h), "90 d 1 h");
  EXPECT_EQ(percent_text(0), "0 %");
  EXPECT_EQ(percent_text(0.001), "<1 %");
  EXPECT_EQ(percent_text(0.625), "62 %");
  EXPECT_EQ(percent_text(0.9951), ">99 %");
  EXPECT_EQ(percent_text(1), "100 %");
}

TEST(Picture, AnAxisOfTimeHasFewAndRoundTicks) {
  const auto labels = [](base::Duration length) {
    std::string labels;
    for (const TimeTick& tick : time_ticks(kBegin + 7h, kBegin + 7h + length))
      labels += (labels.empty() ? "" : "|") + tick.label + (tick.minor && !tick.label.empty() ? "-" : "");
    return labels;
  };
  EXPECT_EQ(labels(24h), "09:00-|12:00|15:00-|18:00|21:00-|24 Nov|03:00-|06:00");
  EXPECT_EQ(labels(7 * 24h), "Tue 24-|Wed 25|Thu 26-|Fri 27|Sat 28-|Sun 29|Mon 30-");
  EXPECT_EQ(labels(30 * 24h), "30 Nov-|7 Dec|14 Dec-|21 Dec");
  EXPECT_EQ(labels(90 * 24h), "7 Dec-||21 Dec||4 Jan-||18 Jan||1 Feb-||15 Feb") << "each Monday has its line";
}

TEST(Picture, AnAxisOfNumbersIsRound) {
  const auto axis = [](double least, double most, bool whole = false) {
    const NumberAxis axis = number_axis(least, most, whole);
    return std::tuple(axis.least, axis.most, axis.step);
  };
  EXPECT_EQ(axis(3, 32), std::tuple(0, 40, 10));
  EXPECT_EQ(axis(0, 10), std::tuple(0, 10, 2.5));
  EXPECT_EQ(axis(0, 10, true), std::tuple(0, 10, 2));
  EXPECT_EQ(axis(0, 1), std::tuple(0, 1, 0.25));
  EXPECT_EQ(axis(0, 1, true), std::tuple(0, 1, 1));
  EXPECT_EQ(axis(0, 0, true), std::tuple(0, 1, 1)) << "a line at 0 needs an axis, too";
  EXPECT_EQ(axis(-3, -1), std::tuple(-3, 0, 1));
  EXPECT_EQ(axis(-7, 12), std::tuple(-10, 15, 5));
  const NumberAxis price = number_axis(0.031, 0.031, false);
  EXPECT_DOUBLE_EQ(price.most, 0.04);
}

TEST(Picture, ATimelineHasEachStretchWithItsTimesAndReason) {
  const std::string svg = timeline_picture(
      core::timeline(std::vector<core::Transition>{{kBegin, Level::medium, Freshness::fresh, "3 < \"4\""},
                                                   {kBegin + 6h, Level::medium, Freshness::stale, ""},
                                                   {kBegin + 12h, Level::unknown, Freshness::expired, ""},
                                                   {kBegin + 18h, Level::high, Freshness::fresh, ""}},
                     kBegin, kBegin + 24h));
  EXPECT_THAT(
      svg,
      AllOf(HasSubstr("aria-label=\"Availability from 23 Nov 2026, 00:00 to 24 Nov 2026, 00:00 UTC: HIGH 25 %, "
                      "MEDIUM 25 %, stale 25 %, unknown 25 %\""),
            HasSubstr("<rect class=\"medium\" x=\"0%\" y=\"20\" width=\"25%\" height=\"40\"><title>MEDIUM from 23 Nov "
                      "2026, 00:00 to 23 Nov 2026, 06:00 UTC, 6 h: 3 &lt; &quot;4&quot;</title></rect>"),
            HasSubstr("<rect class=\"medium stale\" x=\"25%\" y=\"20\" width=\"25%\" height=\"40\"><title>MEDIUM "
                      "(stale) from"),
            HasSubstr("<rect class=\"unknown\" x=\"50%\" y=\"0\" width=\"25%\" height=\"60\">"),
            HasSubstr("<rect class=\"high\" x=\"75%\" y=\"0\" width=\"25%\" height=\"60\">"),
            Not(HasSubstr("style="))));
}

TEST(Picture, SharesBelowOnePercentAreNoTags) {
  const std::vector<core::Transition> transitions{{kBegin, Level::high, Freshness::fresh, ""},
                                                  {kBegin + 24h - 1min, Level::low, Freshness::fresh, ""}};
  const core::Timeline day = core::timeline(transitions, kBegin, kBegin + 24h);
  EXPECT_THAT(timeline_picture(day), HasSubstr("HIGH &gt;99 %, LOW &lt;1 %\">"));
  core::Week week{};
  week[0] = {.high = 1min, .medium = 0h, .low = 5h, .weeks = 6};
  EXPECT_THAT(week_picture(week), HasSubstr("at least MEDIUM &lt;1 %, HIGH &lt;1 % of 5 h 1 min"));
}

TEST(Picture, ATimelineOfManyChangesHasTheLowestLevelOfEachPart) {
  std::vector<core::Transition> transitions;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    const bool second_half = minute >= 12 * 60;
    const Level level = second_half       ? minute % 3 == 0 ? Level::high : Level::unknown
                        : minute % 2 == 0 ? Level::high
                                          : Level::low;
    transitions.push_back({kBegin + std::chrono::minutes{minute}, level, Freshness::fresh, ""});
  }
  const std::string svg = timeline_picture(core::timeline(transitions, kBegin, kBegin + 24h));
  EXPECT_EQ(count(svg, "<rect"), 2U);
  EXPECT_THAT(svg, AllOf(HasSubstr("<title>LOW from 23 Nov 2026, 00:00 to 23 Nov 2026, 12:00 UTC, 12 h: the lowest "
                                   "level of each part of 3 min</title>"),
                         HasSubstr("<rect class=\"unknown\""),
                         HasSubstr("<title>UNKNOWN from 23 Nov 2026, 12:00 to 24 Nov 2026, 00:00 UTC, 12 h: for half "
                                   "or more of each part of 3 min</title>")))
      << "it was observed for one minute of three";
}

core::Bucket bucket(base::Duration after, double least, double most, std::int64_t count = 1) {
  return {kBegin + after, count, least, most, (least + most) / 2 * static_cast<double>(count)};
}

TEST(Picture, AChartOfNumbersHasBarsALineAndFigures) {
  std::vector<core::Bucket> buckets{bucket(0h, 0, 20, 4), bucket(1h, 20, 20), bucket(2h, 10, 10)};
  for (int hour = 4; hour < 20; ++hour) buckets.push_back(bucket(std::chrono::hours{hour}, 0, 10));
  const std::string svg = number_chart({"Free, GPUs", true, buckets, 1h, kBegin, kBegin + 20h});
  EXPECT_THAT(svg, AllOf(HasSubstr("aria-label=\"Free, GPUs from 23 Nov 2026, 00:00 to 23 Nov 2026, 20:00 UTC: from 0 "
                                   "to 20\""),
                         HasSubstr("y2=\"0\"/><text class=\"left\" x=\"-8\" y=\"4\">20</text>"),
                         HasSubstr("y2=\"120\"/><text class=\"left\" x=\"-8\" y=\"124\">0</text>"),
                         HasSubstr("<path class=\"band\" d=\"M0 0h50v120h-50zM50 0h50v0h-50z"),
                         HasSubstr("<path class=\"mean\" d=\"M25 60L75 0L125 60M225 90L275 90L325 90L")))
      << "the line ends where a bucket is missing";
  EXPECT_THAT(svg, HasSubstr("<title>10 on average, 0 to 20, in 4 readings from 23 Nov 2026, 00:00 UTC, 1 h</title>"));
  EXPECT_EQ(count(svg, "<title>"), buckets.size());
}

TEST(Picture, ASourceThatIsAskedRarelyHasALineToo) {
  const std::vector<core::Bucket> buckets{bucket(0h, 1, 1), bucket(4h, 2, 2), bucket(8h, 2, 2), bucket(9h, 1, 1)};
  const std::string svg = number_chart({"Score", false, buckets, 10min, kBegin, kBegin + 10h});
  EXPECT_THAT(svg, HasSubstr("<path class=\"mean dots\" d=\"\"/>")) << "all are joined";
}

TEST(Picture, AMeanThatStaysAloneIsADot) {
  const std::vector<core::Bucket> buckets{bucket(0h, 1, 1), bucket(4h, 2, 2), bucket(5h, 2, 2),
                                          bucket(6h, 2, 2), bucket(7h, 2, 2), bucket(9h, 1, 1)};
  const auto chart = [](std::span<const core::Bucket> shown) {
    return number_chart({"Score", false, shown, 1h, kBegin, kBegin + 10h});
  };
  EXPECT_THAT(chart(buckets), HasSubstr("<path class=\"mean\" d=\"M450 0L550 0L650 0L750 0\"/>"
                                        "<path class=\"mean dots\" d=\"M50 60h0M950 60h0\"/>"));
  EXPECT_THAT(chart(std::span(buckets).first(1)), HasSubstr("<path class=\"mean dots\" d=\"M50 0h0\"/>"));
}

TEST(Picture, BucketsAreMerged) {
  const std::vector<core::Bucket> buckets{bucket(1h, 4, 6), bucket(3h, 1, 3, 3), bucket(4h, 9, 9)};
  EXPECT_THAT(merged(buckets, 4h),
              ElementsAre(core::Bucket{kBegin, 4, 1, 6, 11}, core::Bucket{kBegin + 4h, 1, 9, 9, 9}));
  EXPECT_THAT(merged({}, 4h), testing::IsEmpty());
  EXPECT_EQ(mean_text({kBegin, 3, 0, 1, 2}), "0.6667");
  EXPECT_EQ(mean_text({kBegin, 3, 0, 1, 200000}), "66,670");
  EXPECT_EQ(mean_text({kBegin, 3, 0, 0, 0}), "0");
}

TEST(Picture, AWeekHasAllItsHours) {
  core::Week week{};
  week[0] = {.high = 1h, .medium = 2h, .low = 1h, .weeks = 4};
  week[7 * 24 - 1] = {.high = 0h, .medium = 0h, .low = 30min, .weeks = 1};
  const std::string svg = week_picture(week);
  EXPECT_EQ(count(svg, "<title>"), 7U * 24U);
  EXPECT_EQ(count(svg, "never observed"), 7U * 24U - 2U);
  EXPECT_THAT(svg, AllOf(HasSubstr("Mon 00:00–01:00 UTC: at least MEDIUM 75 %, HIGH 25 % of 4 h observed in 4 weeks"),
                         HasSubstr("Sun 23:00–24:00 UTC: at least MEDIUM 0 %, HIGH 0 % of 30 min observed in 1 week<"),
                         HasSubstr("<path class=\"filled\" d=\"M0.05 0.95h.9v-0.68h-.9zM23.05 6.95h.9v-0h-.9z\"/>")));
}

}  // namespace
}  // namespace portal
