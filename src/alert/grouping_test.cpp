// Which changes share a message, and when it is sent.
#include "alert/grouping.hpp"

#include <gmock/gmock.h>

#include "support/alert_story.hpp"

namespace alert {
namespace {

using namespace std::chrono_literals;
using support::AlertStory;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr core::Level kHigh = core::Level::high;
constexpr double kHour = 3600;
constexpr double kDay = 24 * kHour;

config::AlertRule rule(const std::string& name = "r") {
  return {.name = name, .when = {.reaches = kHigh}};
}

config::QuietHours quiet(std::string_view text) {
  config::QuietHours hours;
  EXPECT_TRUE(config::assign(hours, text)) << text;
  return hours;
}

TEST(Grouping, ChangesThatComeTogetherShareAMessage) {
  AlertStory story(rule());
  const auto x = story.add("a/x"), y = story.add("a/y"), z = story.add("a/z");
  story.high(10, x);
  story.high(10.2, y);
  story.high(12, z);
  story.low(13, x);
  story.advance(1000);
  EXPECT_THAT(story.lines(),
              ElementsAre("10.5 firing: +a/x HIGH, +a/y HIGH", "20.5 firing: +a/z HIGH", "313.5 resolved: -a/x LOW"));
  EXPECT_EQ(story.messages()[0].title, "r: 2 alerts (a/x, a/y)");
  EXPECT_EQ(story.messages()[1].still_firing, 3U);
  EXPECT_EQ(story.messages()[2].still_firing, 2U);
}

TEST(Grouping, GroupsAreApart) {
  config::AlertRule by = rule();
  by.group_by = {"provider", "region"};
  by.group_wait = 5s;
  AlertStory story(by);
  story.high(1, story.add("a/x", {{"region", "eu"}}));
  story.high(2, story.add("b/x", {{"region", "eu"}}));
  story.high(3, story.add("a/y", {{"region", "eu"}}));
  story.high(4, story.add("a/z"));
  story.advance(100);
  EXPECT_THAT(story.lines(),
              ElementsAre("6 firing: +a/x HIGH, +a/y HIGH", "7 firing: +b/x HIGH", "9 firing: +a/z HIGH"));
  EXPECT_EQ(story.messages()[0].group, (Labels{{"provider", "a"}, {"region", "eu"}}));
  EXPECT_EQ(story.messages()[2].group, (Labels{{"provider", "a"}, {"region", ""}}));
  EXPECT_THAT(story.messages()[0].text, HasSubstr("provider a, region eu"));
}

TEST(Grouping, EveryChangeIsToldInOrder) {
  config::AlertRule each = rule();
  each.keep_firing_for = each.group_wait = each.group_interval = 0s;
  AlertStory story(each);
  const auto id = story.add("a/x");
  for (int i = 0; i < 1000; ++i) story.turn(i, id, i % 2 == 0 ? kHigh : core::Level::low);
  story.advance(2000);
  ASSERT_THAT(story.messages(), SizeIs(1000));
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(story.lines()[std::size_t(i)],
              i % 2 == 0 ? fmt::format("{} firing: +a/x HIGH", i) : fmt::format("{} resolved: -a/x LOW", i));
}

TEST(Grouping, LargeGroupsAreSeveralMessages) {
  AlertStory story(rule());
  for (int i = 0; i < 1200; ++i) story.high(10, story.add(fmt::format("a/{}", i), {}, "p", 0));
  story.advance(20);
  ASSERT_THAT(story.messages(), SizeIs(3));
  EXPECT_THAT(story.messages()[0].items, SizeIs(kMostItems));
  EXPECT_THAT(story.messages()[2].items, SizeIs(200));
  EXPECT_EQ(story.messages()[0].still_firing, 1200U);
  EXPECT_NE(story.messages()[0].id, story.messages()[1].id);
  EXPECT_THAT(story.messages()[0].text, HasSubstr("and 480 more"));
}

TEST(Grouping, OfManyChangesTheLastOfEachProfileIsTold) {
  config::AlertRule slow = rule();
  slow.keep_firing_for = 0s;
  slow.group_wait = 1h;
  AlertStory story(slow);
  const auto x = story.add("a/x"), y = story.add("a/y");
  story.high(0, y);
  for (int i = 1; i < 2000; ++i) story.turn(i, x, i % 2 == 0 ? core::Level::low : kHigh);
  story.advance(kHour);
  ASSERT_THAT(story.messages(), SizeIs(1));
  EXPECT_LE(story.messages()[0].items.size(), kMostItems);
  EXPECT_EQ(story.messages()[0].items.front().subject, "a/y");
  EXPECT_EQ(story.messages()[0].items.back().at, AlertStory::time(1999));
}

TEST(Grouping, ManyChangesThatWaitCostLittle) {
  config::AlertRule slow = rule();
  slow.group_wait = 1h;
  AlertStory story(slow);
  constexpr int kMany = 50'000;
  std::vector<core::ProfileId> ids;
  for (int i = 0; i < kMany; ++i) ids.push_back(story.add(fmt::format("a/{}", i)));
  const auto begin = std::chrono::steady_clock::now();
  for (const core::ProfileId id : ids) story.high(1, id);
  story.advance(2);
  EXPECT_THAT(story.evaluator().watches()[0]->firing(), IsEmpty()) << "none is told";
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  story.advance(kHour + 2);
  EXPECT_THAT(story.messages(), SizeIs(kMany / kMostItems));
}

TEST(Grouping, RemindsUntilItIsOver) {
  config::AlertRule reminding = rule();
  reminding.remind_every = 1h;
  AlertStory story(reminding);
  const auto x = story.add("a/x"), y = story.add("a/y");
  story.high(0, x);
  story.high(1800, y);
  story.advance(2.5 * kHour);
  story.low(2.5 * kHour, x);
  story.low(2.5 * kHour, y);
  story.advance(kDay);
  EXPECT_THAT(story.lines(),
              ElementsAre("0.5 firing: +a/x HIGH", "1800.5 firing: +a/y HIGH", "5400.5 reminder: +a/x HIGH, +a/y HIGH",
                          "9300.5 resolved: -a/x LOW, -a/y LOW"));
  EXPECT_EQ(story.messages()[2].title, "r: still 2 alerts (a/x, a/y)");
}

TEST(Grouping, AnEndMayBeKeptQuiet) {
  config::AlertRule silent = rule();
  silent.resolved = false;
  AlertStory story(silent);
  const auto x = story.add("a/x");
  story.high(0, x);
  story.low(10, x);
  story.high(1000, x);
  story.low(1001, x);
  story.advance(kHour);
  EXPECT_THAT(story.lines(), ElementsAre("0.5 firing: +a/x HIGH", "1000.5 firing: +a/x HIGH"));
  EXPECT_THAT(story.states(), IsEmpty());
}

TEST(Grouping, QuietHoursEndWithOneMessage) {
  AlertStory story(rule(), {.quiet_hours = {quiet("22:00-07:00")}});
  const auto x = story.add("a/x"), y = story.add("a/y");
  story.high(21 * kHour, x);
  story.low(22 * kHour, x);
  story.high(23 * kHour, y);
  story.low(25 * kHour, y);
  story.high(30 * kHour, y);
  story.advance(2 * kDay);
  EXPECT_THAT(story.lines(),
              ElementsAre("75600.5 firing: +a/x HIGH", "111600 firing: -a/x LOW, +a/y HIGH, -a/y LOW, +a/y HIGH"))
      << "at 7:00 of the next day";
  EXPECT_EQ(story.messages()[1].title, "r: 1 alert (a/y), 1 over (a/x)") << "each has one alert";
}

TEST(Grouping, WhatIsOverWhenQuietHoursEndIsOver) {
  AlertStory story(rule(), {.quiet_hours = {quiet("22:00-07:00")}});
  const auto x = story.add("a/x"), y = story.add("a/y");
  for (const double hour : {22.5, 24.5, 26.5}) {
    story.high(hour * kHour, x);
    story.low((hour + 1) * kHour, x);
  }
  story.advance(2 * kDay);
  for (const auto& [hour, profile] : {std::pair{46.5, x}, {46.5, y}}) {
    story.high(hour * kHour, profile);
    story.low((hour + 1) * kHour, profile);
  }
  story.advance(3 * kDay);
  ASSERT_THAT(story.messages(), SizeIs(2));
  EXPECT_EQ(story.messages()[0].title, "Over: a/x is LOW (was HIGH)");
  EXPECT_EQ(story.messages()[1].title, "r: 2 over (a/x, a/y)");
  for (const Message& message : story.messages()) {
    EXPECT_EQ(message.kind, Kind::resolved) << "it rings nobody";
    EXPECT_EQ(message.still_firing, 0U);
  }
  EXPECT_THAT(story.messages()[0].items, SizeIs(6)) << "all is told";
}

TEST(Grouping, RulesHaveTheirOwnQuietHours) {
  config::AlertRule loud = rule("loud"), weekday = rule("weekday");
  loud.quiet_hours.emplace();
  weekday.quiet_hours = {quiet("Mon-Fri")};
  AlertStory story({rule("all"), loud, weekday}, {.quiet_hours = {quiet("00:00-01:00")}});
  story.high(10, story.add("a/x"));
  story.advance(7 * kDay);
  std::vector<std::string> told;
  for (const Message& message : story.messages())
    told.push_back(fmt::format("{} {}", message.rule, message.at - AlertStory::time(0) >= 1h));
  EXPECT_THAT(told, ElementsAre("loud false", "all true", "weekday true"));
  EXPECT_EQ(story.messages()[2].at, AlertStory::time(5 * kDay));
}

TEST(Grouping, QuietHoursFollowTheClockOnTheWall) {
  if (!base::TimeZone::find("Europe/Berlin")) GTEST_SKIP() << "tzdata is not installed";
  AlertStory story(rule(), {.quiet_hours = {quiet("22:00-07:00")},
                            .zone = base::TimeZone::find("Europe/Berlin").value(),
                            .zone_name = "Europe/Berlin"});
  const auto x = story.add("a/x");
  // 2026-03-28 and 2026-10-24 are followed by nights of 8 and of 10 hours.
  const double spring = 82 * kDay, autumn = 292 * kDay;
  for (const double day : {spring, autumn}) {
    story.high(day + 20.9 * kHour, x);
    story.low(day + 21.2 * kHour, x);
    story.advance(day + 2 * kDay);
  }
  std::vector<std::string> times;
  for (const Message& message : story.messages()) times.push_back(base::to_rfc3339(message.at));
  EXPECT_THAT(times, ElementsAre("2026-03-28T20:54:00.500Z", "2026-03-29T05:00:00.000Z", "2026-10-25T06:00:00.000Z"));
}

TEST(Grouping, ARestartKeepsWhatWaits) {
  AlertStory story(rule(), {.quiet_hours = {quiet("00:00-01:00")}});
  const auto x = story.add("a/x");
  story.high(10, x);
  story.low(20, x);
  story.advance(1000);
  story.restart();
  story.high(2000, x);
  story.restart();
  story.advance(2 * kHour);
  EXPECT_THAT(story.lines(), ElementsAre("3600 firing: +a/x HIGH, -a/x LOW, +a/x HIGH"));
}

}  // namespace
}  // namespace alert
