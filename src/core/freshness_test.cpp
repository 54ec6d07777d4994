#include "core/freshness.hpp"

#include <gtest/gtest.h>

namespace core {
namespace {

using std::chrono::seconds;
constexpr base::Duration kTick{1};
constexpr base::Time kMeasured{std::chrono::hours{500'000}};
constexpr base::Time kStale = kMeasured + seconds{90};
constexpr base::Time kExpires = kMeasured + seconds{300};

Row measured_row() {
  Reading reading;
  reading.level = Level::high;
  reading.measured_at = kMeasured;
  reading.stale_at = kStale;
  reading.expires_at = kExpires;
  Row row;
  row.reading = reading;
  return row;
}

TEST(Freshness, BoundariesBelongToTheOlderState) {
  const Row row = measured_row();
  EXPECT_EQ(freshness(row, kMeasured - seconds{5}), Freshness::fresh) << "a clock that lags";
  EXPECT_EQ(freshness(row, kStale - kTick), Freshness::fresh);
  EXPECT_EQ(freshness(row, kStale), Freshness::stale);
  EXPECT_EQ(freshness(row, kExpires - kTick), Freshness::stale);
  EXPECT_EQ(freshness(row, kExpires), Freshness::expired);
}

TEST(Freshness, AReadingFromTheFutureIsNeverFresh) {
  Row row = measured_row();
  row.reading->changed = LevelChange{Level::low, kMeasured};
  const base::Time known = kMeasured - kClockTolerance;
  for (const auto ahead : {kTick, base::Duration(seconds{600}), base::Duration(std::chrono::hours{24 * 365})}) {
    EXPECT_EQ(freshness(row, known - ahead), Freshness::stale);
    EXPECT_EQ(effective_level(row, known - ahead), Level::high);
    EXPECT_FALSE(changed_recently(row, known - ahead));
    EXPECT_EQ(next_turn(row, known - ahead), known);
  }
  EXPECT_EQ(freshness(row, known), Freshness::fresh);
  EXPECT_TRUE(changed_recently(row, known));
}

TEST(Freshness, ARowWithoutAReadingIsPendingForEver) {
  Row row;
  row.failure = Failure{.error = "no network", .failed_at = kMeasured};
  EXPECT_EQ(freshness(row, kExpires), Freshness::pending);
  EXPECT_EQ(effective_level(row, kExpires), Level::unknown);
  EXPECT_EQ(next_turn(row, kMeasured), std::nullopt);
}

TEST(Freshness, TheLevelHoldsUntilItExpires) {
  const Row row = measured_row();
  EXPECT_EQ(effective_level(row, kMeasured), Level::high);
  EXPECT_EQ(effective_level(row, kStale), Level::high);
  EXPECT_EQ(effective_level(row, kExpires - kTick), Level::high);
  EXPECT_EQ(effective_level(row, kExpires), Level::unknown);
}

TEST(Freshness, NextTurnIsWhenTheStateChanges) {
  const Row row = measured_row();
  EXPECT_EQ(next_turn(row, kMeasured), kStale);
  EXPECT_EQ(next_turn(row, kStale - kTick), kStale);
  EXPECT_EQ(next_turn(row, kStale), kExpires);
  EXPECT_EQ(next_turn(row, kExpires - kTick), kExpires);
  EXPECT_EQ(next_turn(row, kExpires), std::nullopt);
}

TEST(Freshness, WhatIsOfTheFutureTurnsWhenTheClockComesToIt) {
  Row row = measured_row();
  const base::Time before = kMeasured - std::chrono::hours{2};
  EXPECT_EQ(next_turn(row, before), kMeasured - kClockTolerance);
  EXPECT_EQ(freshness(row, kMeasured - kClockTolerance), Freshness::fresh);
  row.reading->changed = LevelChange{Level::low, kMeasured - seconds{60}};
  EXPECT_EQ(next_turn(row, before), kMeasured - seconds{60} - kClockTolerance);
  EXPECT_TRUE(changed_recently(row, kMeasured - seconds{60} - kClockTolerance));
}

TEST(Freshness, FollowingNextTurnPassesThroughEveryState) {
  const Row row = measured_row();
  std::vector<Freshness> states;
  for (std::optional<base::Time> now = kMeasured; now && states.size() < 9; now = next_turn(row, *now))
    states.push_back(freshness(row, *now));
  EXPECT_EQ(states, (std::vector{Freshness::fresh, Freshness::stale, Freshness::expired}));
}

TEST(Freshness, AChangeOfTheLevelIsRecentForAnHour) {
  Row row = measured_row();
  EXPECT_FALSE(changed_recently(row, kMeasured));
  const base::Time changed_at = kMeasured - kRecently + seconds{100};
  row.reading->changed = LevelChange{Level::low, changed_at};
  EXPECT_TRUE(changed_recently(row, kMeasured + seconds{100} - kTick));
  EXPECT_FALSE(changed_recently(row, kMeasured + seconds{100}));
  EXPECT_EQ(next_turn(row, kStale), kMeasured + seconds{100}) << "between stale and expired";
  EXPECT_EQ(next_turn(row, kMeasured + seconds{100}), kExpires);
  row.reading->changed->at = kMeasured;
  EXPECT_EQ(next_turn(row, kExpires), kMeasured + kRecently) << "after it expired";
  EXPECT_EQ(next_turn(row, kMeasured + kRecently), std::nullopt);
}

TEST(Freshness, TheLatestChangeStaysWhileTheLevelDoes) {
  Reading reading;
  reading.level = Level::high;
  EXPECT_EQ(change_after(reading, Level::high, kMeasured), std::nullopt);
  const LevelChange change{Level::high, kMeasured};
  EXPECT_EQ(change_after(reading, Level::low, kMeasured), change);
  reading.level = Level::low;
  reading.changed = change;
  EXPECT_EQ(change_after(reading, Level::low, kExpires), change);
  EXPECT_EQ(change_after(reading, Level::medium, kExpires), (LevelChange{Level::low, kExpires}));
}

TEST(Freshness, NeverStaleWhenBothTimesAreEqual) {
  Row row = measured_row();
  row.reading->stale_at = kExpires;
  EXPECT_EQ(freshness(row, kExpires), Freshness::expired);
  EXPECT_EQ(next_turn(row, kExpires - kTick), kExpires);
}

TEST(Freshness, RuleCountsFromTheMeasurement) {
  Reading reading;
  reading.measured_at = kMeasured;
  apply({.ttl = seconds{60}, .grace = seconds{30}, .expire_after = seconds{300}}, reading);
  EXPECT_EQ(reading.stale_at, kStale);
  EXPECT_EQ(reading.expires_at, kExpires);
  apply({.ttl = seconds{60}, .grace = seconds{30}, .expire_after = seconds{70}}, reading);
  EXPECT_EQ(reading.stale_at, kStale);
  EXPECT_EQ(reading.expires_at, kStale) << "not before it is stale";
}

TEST(Freshness, AReadingIsAsOldAsItsSourceSays) {
  const FreshnessRule rule{.ttl = seconds{60}, .grace = seconds{30}, .expire_after = seconds{300}};
  const auto read = [&](base::Duration age) {
    return reading_of({.free = 3, .age = age}, kMeasured, seconds{7}, rule);
  };
  EXPECT_EQ(read(seconds{0}).measured_at, kMeasured);
  const Reading old = read(seconds{100});
  EXPECT_EQ(old.measured_at, kMeasured - seconds{100});
  EXPECT_EQ(old.stale_at, kStale - seconds{100});
  EXPECT_EQ(old.expires_at, kExpires - seconds{100});
  EXPECT_EQ(old.took, seconds{7});
  EXPECT_EQ(old.free, 3);
  EXPECT_EQ(old.age, seconds{0}) << "its times have it";
  EXPECT_EQ(read(-seconds{100}).measured_at, kMeasured) << "nothing was measured after it was told";
  EXPECT_EQ(read(base::Duration::max()).measured_at, base::Time{}) << "nor before clocks began";
}

TEST(Freshness, WhatWasMeasuredLaterStays) {
  const auto at = [](base::Time time) {
    Reading reading;
    reading.measured_at = time;
    return reading;
  };
  const Reading before = at(kMeasured);
  EXPECT_TRUE(is_superseded(at(kMeasured - seconds{1} - kTick), before, kMeasured));
  EXPECT_TRUE(is_superseded(at(kMeasured - seconds{600}), before, kStale));
  EXPECT_FALSE(is_superseded(at(kMeasured - seconds{1}), before, kStale)) << "ages are counted in seconds";
  EXPECT_FALSE(is_superseded(at(kMeasured), before, kStale)) << "the same answer again";
  EXPECT_FALSE(is_superseded(at(kMeasured + kTick), before, kStale));
  EXPECT_FALSE(is_superseded(at(kMeasured - seconds{600}), before, kMeasured - kTick)) << "the clock was set back";
}

TEST(Freshness, HasNames) {
  EXPECT_EQ(to_string(Freshness::pending), "PENDING");
  EXPECT_EQ(to_string(Freshness::fresh), "FRESH");
  EXPECT_EQ(to_string(Freshness::stale), "STALE");
  EXPECT_EQ(to_string(Freshness::expired), "EXPIRED");
}

TEST(Level, HasNamesAndAnOrder) {
  for (auto value : {Level::unknown, Level::low, Level::medium, Level::high})
    EXPECT_EQ(parse_level(to_string(value)), value);
  EXPECT_EQ(to_string(Level::medium), "MEDIUM");
  EXPECT_EQ(parse_level("High"), std::nullopt);
  EXPECT_EQ(parse_level(""), std::nullopt);
  EXPECT_LT(Level::low, Level::high);
}

}  // namespace
}  // namespace core
