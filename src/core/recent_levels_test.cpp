#include "core/recent_levels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/freshness.hpp"
#include "support/rows.hpp"

namespace core {
namespace {

using namespace std::chrono_literals;

constexpr base::Time kNoon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h;
constexpr FreshnessRule kRule{60s, 30s, 5min};

std::string text_of(const RecentLevels& levels) {
  RecentLevels::Letters letters;
  return std::string(levels.text(letters));
}

Reading first(Level level, base::Time at, const FreshnessRule& rule = kRule) {
  return reading_of({.level = level}, at, 0s, rule);
}

/// The reading after `before`.
Reading next(const Reading& before, Level level, base::Time at, const FreshnessRule& rule = kRule) {
  Reading reading = first(level, at, rule);
  reading.recent = recent_after(before, reading);
  return reading;
}

TEST(RecentLevels, AreLettersFromTheFirstThatWasObserved) {
  RecentLevels levels;
  EXPECT_EQ(text_of(levels), "");
  EXPECT_TRUE(levels.empty());
  levels.observe(0, Level::high);
  levels.observe(1, Level::low);
  levels.observe(3, Level::medium);
  EXPECT_EQ(text_of(levels), "M-LH");
  EXPECT_EQ(levels.at(3), Level::medium);
  EXPECT_EQ(levels.at(2), Level::unknown);
  levels.observe(48, Level::high);
  levels.observe(-1, Level::high);
  EXPECT_EQ(text_of(levels), "M-LH") << "outside of the day";
  levels.observe(47, Level::high);
  EXPECT_EQ(text_of(levels), "H" + std::string(43, '-') + "M-LH");
}

TEST(RecentLevels, TheLowestStays) {
  RecentLevels levels;
  for (const auto& [level, text] : {std::pair{Level::medium, "M"},
                                    {Level::high, "M"},
                                    {Level::unknown, "M"},
                                    {Level::low, "L"},
                                    {Level::medium, "L"}}) {
    levels.observe(0, level);
    EXPECT_EQ(text_of(levels), text);
  }
}

TEST(RecentLevels, AreReadBack) {
  for (const std::string& text : {std::string(), std::string("H"), std::string("M-LH--"), std::string(48, 'L')}) {
    const auto levels = RecentLevels::parse(text);
    ASSERT_TRUE(levels) << text;
    EXPECT_EQ(text_of(*levels), text);
    EXPECT_EQ(RecentLevels(levels->low_bits(), levels->high_bits()), *levels);
  }
  EXPECT_EQ(text_of(*RecentLevels::parse("--H")), "H");
  for (const std::string& bad : {std::string(49, 'H'), std::string("h"), std::string("HH?"), std::string("H H")})
    EXPECT_FALSE(RecentLevels::parse(bad)) << bad;
  EXPECT_EQ(text_of(RecentLevels(-1, -1)), std::string(48, 'H')) << "whatever plain SQL has written";
}

TEST(RecentLevels, Move) {
  const auto moved = [](std::int64_t count) {
    RecentLevels levels = *RecentLevels::parse("HML");
    levels.move(count);
    return text_of(levels);
  };
  EXPECT_EQ(moved(0), "HML");
  EXPECT_EQ(moved(2), "HML--");
  EXPECT_EQ(moved(47), "L" + std::string(47, '-'));
  EXPECT_EQ(moved(48), "");
  EXPECT_EQ(moved(1'000'000), "");
  EXPECT_EQ(moved(-1), "HM") << "the clock was set back";
  EXPECT_EQ(moved(-1'000'000), "");
}

TEST(RecentAfter, ALevelLastsUntilTheNextReading) {
  Reading reading = first(Level::high, kNoon - 1s);
  EXPECT_EQ(text_of(reading.recent), "H");
  reading = next(reading, Level::low, kNoon + 59s);
  EXPECT_EQ(text_of(reading.recent), "HL") << "LOW is the lower one, and HIGH lasted into that half hour";
  reading = next(reading, Level::medium, kNoon + 80s);
  EXPECT_EQ(text_of(reading.recent), "HL");
}

TEST(RecentAfter, ALevelIsNotObservedWhereItsNextReadingBegins) {
  const Reading reading = next(first(Level::low, kNoon - 1s), Level::high, kNoon);
  EXPECT_EQ(text_of(reading.recent), "LH") << "not beyond its end";
}

TEST(RecentAfter, NothingIsObservedFromStaleOn) {
  // STALE from 12:01:30 on.
  Reading reading = next(first(Level::high, kNoon), Level::high, kNoon + 2h);
  EXPECT_EQ(text_of(reading.recent), "H---H");
  // STALE from 14:30:00 on.
  reading = next(first(Level::high, kNoon + 2h + 28min + 30s), Level::high, kNoon + 3h);
  EXPECT_EQ(text_of(reading.recent), "H-H");
  reading = next(first(Level::high, kNoon), Level::low, kNoon + 72h);
  EXPECT_EQ(text_of(reading.recent), "L");
}

TEST(RecentAfter, AReadingMayLastForDays) {
  const FreshnessRule slow{48h, 1h, 96h};
  const Reading reading = next(first(Level::medium, kNoon, slow), Level::high, kNoon + 48h, slow);
  EXPECT_EQ(text_of(reading.recent), std::string(47, 'M') + "H");
  EXPECT_EQ(text_of(next(reading, Level::low, kNoon + 60h, slow).recent),
            std::string(23, 'M') + std::string(24, 'H') + "L");
}

TEST(RecentAfter, AReadingWithoutADayStillHasItsLevel) {
  Reading before = first(Level::low, kNoon);
  before.recent = {};
  EXPECT_EQ(text_of(next(before, Level::high, kNoon + 60s).recent), "L") << "an older program wrote it";
}

TEST(RecentAfter, AClockThatIsSetBackLosesOnlyWhatIsLater) {
  Reading reading = next(first(Level::low, kNoon - 30min), Level::medium, kNoon);
  reading = next(reading, Level::high, kNoon - 10min);
  EXPECT_EQ(text_of(reading.recent), "L");
  EXPECT_EQ(text_of(next(reading, Level::high, kNoon + 1min).recent), "LH");
}

TEST(RecentAfter, WhatOnesAndTwosOfTheSameTimeSay) {
  EXPECT_EQ(text_of(next(first(Level::high, kNoon), Level::low, kNoon).recent), "L");
  EXPECT_EQ(text_of(next(first(Level::low, kNoon), Level::high, kNoon).recent), "L");
}

}  // namespace
}  // namespace core
