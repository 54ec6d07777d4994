#include "base/recent.hpp"

#include <gtest/gtest.h>

namespace base {
namespace {

using namespace std::chrono_literals;

const SteadyTime kBegin(1000s);

TEST(RecentCount, CountsTheWholeSecondsOfHalfAMinute) {
  RecentCount count;
  for (int i = 0; i < 40; ++i) {
    count.add(kBegin + i * 1s);
    count.add(kBegin + i * 1s + 500ms);
  }
  EXPECT_EQ(count.recent(kBegin + 39s + 900ms), 60U) << "the second under way does not count";
  EXPECT_EQ(count.recent(kBegin + 40s), 60U);
  EXPECT_EQ(count.recent(kBegin + 50s), 40U);
  EXPECT_EQ(count.recent(kBegin + 69s), 2U);
  EXPECT_EQ(count.recent(kBegin + 70s), 0U);
  EXPECT_EQ(count.total(), 80U);
}

TEST(RecentCount, ForgetsWhatIsLongAgo) {
  RecentCount count;
  count.add(kBegin);
  // The same place among the seconds that are kept.
  count.add(kBegin + 64s);
  EXPECT_EQ(count.recent(kBegin + 65s), 1U);
  EXPECT_EQ(count.recent(kBegin + 1h), 0U);
}

TEST(RecentMean, WeighsValuesByTheirTime) {
  RecentMean mean(kBegin);
  mean.set(4, kBegin);
  mean.set(0, kBegin + 15s);
  EXPECT_DOUBLE_EQ(mean.mean(kBegin + 20s), 3) << "over the time that has passed";
  EXPECT_DOUBLE_EQ(mean.mean(kBegin + 30s), 2);
  EXPECT_DOUBLE_EQ(mean.mean(kBegin + 40s), 4.0 * 5 / 30);
  EXPECT_DOUBLE_EQ(mean.mean(kBegin + 45s), 0);
}

TEST(RecentMean, AValueThatDoesNotChangeIsItsMean) {
  RecentMean mean(kBegin);
  mean.set(7, kBegin);
  EXPECT_DOUBLE_EQ(mean.mean(kBegin), 7) << "before a second has passed";
  EXPECT_DOUBLE_EQ(mean.mean(kBegin + 10s), 7);
  EXPECT_DOUBLE_EQ(mean.mean(kBegin + 24h), 7);
}

TEST(RecentMean, CountsPartsOfSeconds) {
  RecentMean mean(kBegin);
  for (int i = 0; i < 30; ++i) {
    mean.set(1, kBegin + i * 1s);
    mean.set(0, kBegin + i * 1s + 250ms);
  }
  EXPECT_NEAR(mean.mean(kBegin + 30s), 0.25, 1e-9);
}

}  // namespace
}  // namespace base
