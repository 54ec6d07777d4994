#include "core/condition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/rows.hpp"

namespace core {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using support::measured_row;

TEST(Condition, ALevelIsEnoughWhenItIsAtLeastTheOneAsked) {
  const Level levels[] = {Level::unknown, Level::low, Level::medium, Level::high};
  for (const Level asked : {Level::low, Level::medium, Level::high})
    for (const Level level : levels)
      EXPECT_EQ(Condition{.at_least = asked}.met_by(measured_row(1, "a", 1, level)), level >= asked);
  EXPECT_FALSE(Condition{.at_least = Level::low}.met_by(support::pending_row(1, "a", 1)));
}

TEST(Condition, FreeUnitsCountOnlyWhereTheyAreKnown) {
  const Condition condition{.at_least = Level::low, .free = 4};
  Row row = measured_row(1, "a", 1, Level::high);
  EXPECT_FALSE(condition.met_by(row)) << "no number";
  row.reading->free = 3.9;
  EXPECT_FALSE(condition.met_by(row));
  row.reading->free = 4;
  EXPECT_TRUE(condition.met_by(row));
  row.reading->level = Level::unknown;
  EXPECT_FALSE(condition.met_by(row));
}

TEST(Condition, ARequestMustFitInOnePieceWhereThatIsKnown) {
  const Condition piece{.at_least = Level::low, .free = 4};
  const Condition sum{.at_least = Level::low, .total_free = 4};
  Row row = measured_row(1, "a", 1, Level::high);
  row.reading->free = 4;
  row.reading->largest = 2;
  EXPECT_FALSE(piece.met_by(row)) << "two nodes with two each";
  EXPECT_TRUE(sum.met_by(row));
  row.reading->largest = 4;
  EXPECT_TRUE(piece.met_by(row));
  EXPECT_FALSE((Condition{.at_least = Level::low, .free = 4, .total_free = 5}.met_by(row))) << "both must hold";
  row.reading->free.reset();
  EXPECT_TRUE(piece.met_by(row)) << "the sum is at least that";
  EXPECT_FALSE(sum.met_by(row)) << "but it is not told";
  row.reading->free = 8;
  row.reading->largest = 0;
  EXPECT_FALSE(piece.met_by(row)) << "0 is a number too";
}

TEST(Condition, LevelsAreReadInAnyCase) {
  EXPECT_EQ(parse_at_least("MEDIUM"), Level::medium);
  EXPECT_EQ(parse_at_least("high"), Level::high);
  for (const char* bad : {"UNKNOWN", "", "GOOD"})
    EXPECT_THAT(parse_at_least(bad).error().message, testing::HasSubstr("use LOW, MEDIUM or HIGH")) << bad;
}

TEST(Hold, GoesOnFromReadingToReadingThatCameInTime) {
  const auto reading = [](base::Time at) { return *measured_row(1, "a", 1, Level::high, at).reading; };
  const Hold first = continued(std::nullopt, reading(kNow));
  EXPECT_EQ(first, (Hold{kNow, kNow + 1min}));
  const Hold second = continued(first, reading(kNow + 40s));
  EXPECT_EQ(second, (Hold{kNow, kNow + 100s}));
  EXPECT_EQ(continued(second, reading(kNow + 40s)), second) << "the same one again";
  EXPECT_EQ(continued(second, reading(kNow + 100s)).since, kNow);
  EXPECT_EQ(continued(second, reading(kNow + 101s)).since, kNow + 101s) << "it was stale in between";
  EXPECT_EQ(continued(first, reading(kNow - 10min)), (Hold{kNow - 10min, kNow - 9min})) << "the clock was set back";
}

}  // namespace
}  // namespace core
