#include "core/evidence.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace core {
namespace {

using namespace std::chrono_literals;
using testing::Optional;

constexpr base::Time kThen{std::chrono::hours{500'000}};
constexpr FreshnessRule kRule{.ttl = 60s, .grace = 30s, .expire_after = 5min};
const Launch kWorked{.error = "", .took = 42s, .where = "eu-1", .source = "karpenter"};
const Launch kFailed{.error = "InsufficientInstanceCapacity"};

Reading measured(Level level, base::Time at = kThen) {
  return reading_of({.level = level, .free = 42, .total = 64, .reason = "42 of 64 idle"}, at, 5s, kRule);
}
/// The level after a launch a while after such a reading; nothing when it changes nothing.
std::optional<Level> level_after(const Launch& launch, Level level, base::Duration later = 10s) {
  const Reading before = measured(level);
  const auto after = reading_after(launch, kThen + later, &before, kRule, kThen + 1h);
  return after ? std::optional(after->level) : std::nullopt;
}

TEST(Launch, ReasonsSayWhatHappenedWhereAndWhoSaysSo) {
  EXPECT_EQ(reason_of(kWorked), "launched in eu-1 within 42s (reported by karpenter)");
  EXPECT_EQ(reason_of(Launch{}), "launched");
  EXPECT_EQ(reason_of(kFailed), "launch failed: InsufficientInstanceCapacity");
  EXPECT_EQ(reason_of({.error = "VcpuLimitExceeded", .took = 1s, .where = "eu-1"}),
            "no quota: launch failed in eu-1: VcpuLimitExceeded");
  EXPECT_EQ(reason_of({.error = std::string(4000, 'x') + " PASSWORD=a QuotaExceeded b"}),
            "no quota: launch failed: QuotaExceeded");
  EXPECT_LT(reason_of({.error = "insufficient" + std::string(4000, ' ') + "capacity"}).size(), 150U);
}

TEST(Launch, AFailureIsLow) {
  for (const Level level : {Level::low, Level::medium, Level::high, Level::unknown})
    EXPECT_THAT(level_after(kFailed, level), Optional(Level::low));
}

TEST(Launch, OneThatWorkedIsMediumAtLeastAndLowersNothing) {
  EXPECT_THAT(level_after(kWorked, Level::unknown), Optional(Level::medium));
  EXPECT_THAT(level_after(kWorked, Level::low), Optional(Level::medium));
  EXPECT_THAT(level_after(kWorked, Level::medium), Optional(Level::medium));
  EXPECT_THAT(level_after(kWorked, Level::high), Optional(Level::high));
  EXPECT_THAT(level_after(kWorked, Level::high, 2min), Optional(Level::high)) << "a stale level is shown";
  EXPECT_THAT(level_after(kWorked, Level::high, 5min), Optional(Level::medium)) << "an expired one is not";
}

TEST(Launch, OneThatIsNotNewerChangesNothing) {
  EXPECT_EQ(level_after(kFailed, Level::high, 0s), std::nullopt);
  EXPECT_EQ(level_after(kFailed, Level::high, -1s), std::nullopt);
  const Reading ahead = measured(Level::high, kThen + 2h);
  EXPECT_TRUE(reading_after(kFailed, kThen, &ahead, kRule, kThen)) << "a reading of the future is of a wrong clock";
}

TEST(Launch, OfThoseOfOneTimeTheOneThatFailedWins) {
  const Reading worked = *reading_after(kWorked, kThen, nullptr, kRule, kThen);
  const Reading failed = *reading_after(kFailed, kThen, nullptr, kRule, kThen);
  EXPECT_EQ(reading_after(kFailed, kThen, &worked, kRule, kThen)->level, Level::low);
  EXPECT_EQ(reading_after(kWorked, kThen, &failed, kRule, kThen), std::nullopt);
  EXPECT_EQ(reading_after(kFailed, kThen, &failed, kRule, kThen), std::nullopt);
}

TEST(Launch, ItIsToldFromMeasurements) {
  for (const Launch& launch : {kWorked, kFailed, Launch{.error = "VcpuLimitExceeded"}, Launch{}})
    EXPECT_TRUE(is_launch(*reading_after(launch, kThen, nullptr, kRule, kThen)));
  EXPECT_FALSE(is_launch(measured(Level::low)));
}

TEST(Launch, OneThatConfirmsLeavesTheNumbersAndTheirAge) {
  const Reading before = measured(Level::high);
  const Reading after = *reading_after(kWorked, kThen + 10s, &before, kRule, kThen + 1h);
  EXPECT_EQ(after.free, before.free);
  EXPECT_EQ(after.measured_at, kThen + 10s);
  EXPECT_EQ(after.took, 42s);
  EXPECT_EQ(after.stale_at, before.stale_at);
  EXPECT_EQ(after.expires_at, before.expires_at);
  EXPECT_EQ(after.reason, reason_of(kWorked));
}

TEST(Launch, AnyOtherHasNoNumbersAndIsTrustedByTheRule) {
  for (const Level level : {Level::high, Level::low}) {
    const Reading before = measured(level);
    const base::Time at = kThen + (level == Level::low ? 95s : 10s);
    const Reading after = *reading_after(kFailed, at, &before, kRule, kThen + 1h);
    EXPECT_FALSE(after.free || after.total);
    EXPECT_EQ(after.stale_at, at + 90s);
    EXPECT_EQ(after.expires_at, at + 5min);
    EXPECT_EQ(after.recent.at(0), Level::low);
  }
  const Reading low = *reading_after(kFailed, kThen, nullptr, kRule, kThen);
  EXPECT_EQ(reading_after(kFailed, kThen + 80s, &low, kRule, kThen + 1h)->stale_at, kThen + 170s) << "each confirms";
  const Reading first = *reading_after(kWorked, kThen, nullptr, kUnprobed, kThen);
  EXPECT_EQ(first.level, Level::medium);
  EXPECT_EQ(first.stale_at, kThen + 5min);
}

TEST(Calibration, Adds) {
  Calibration sum, more;
  more[Level::high] = {41, 2};
  more[Level::unknown] = {1, 0};
  sum += more;
  sum += more;
  EXPECT_EQ(sum[Level::high], (Launches{82, 4}));
  EXPECT_EQ(sum[Level::low], Launches{});
  EXPECT_EQ(sum.all(), 88);
}

}  // namespace
}  // namespace core
