#include "refresh/breaker.hpp"

#include <gtest/gtest.h>

namespace refresh {
namespace {

using namespace std::chrono_literals;

const base::SteadyTime kStart{1000s};

/// A run that takes no time.
bool fail(Breaker& breaker, base::SteadyTime now) {
  return breaker.failed(now, now);
}

TEST(Breaker, OpensAfterAPeriodOfNothingButFailures) {
  Breaker breaker(60s);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(fail(breaker, kStart + i * 100ms));
  EXPECT_FALSE(breaker.open()) << "not a whole period";
  EXPECT_TRUE(fail(breaker, kStart + 60s));
  EXPECT_TRUE(breaker.open());
  EXPECT_EQ(breaker.failures(), 101);
}

TEST(Breaker, OpensAfterFiveFailuresAtLeast) {
  Breaker breaker(1s);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(fail(breaker, kStart + i * 10s));
  EXPECT_TRUE(fail(breaker, kStart + 40s));
}

TEST(Breaker, ASuccessBetweenKeepsItClosed) {
  Breaker breaker(1s);
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(fail(breaker, kStart + i * 10s));
    if (i % 4 == 3) EXPECT_FALSE(breaker.succeeded());
  }
}

TEST(Breaker, PausesDoubleUpToALimit) {
  Breaker breaker(1s);
  base::SteadyTime now = kStart;
  for (int i = 0; i < 5; ++i) fail(breaker, now += 1s);
  for (const auto pause : {1s, 2s, 4s, 8s, 10s, 10s}) {
    EXPECT_EQ(breaker.next_try() - now, pause);
    now = breaker.next_try();
    EXPECT_FALSE(fail(breaker, now));
  }
  EXPECT_TRUE(breaker.succeeded());
  EXPECT_FALSE(breaker.open());
}

TEST(Breaker, RunsThatBeganBeforeItOpenedMakeNoPauseLonger) {
  Breaker breaker(3s);
  for (int i = 0; i < 4; ++i) breaker.failed(kStart, kStart + 1s);
  EXPECT_TRUE(breaker.failed(kStart + 3s, kStart + 4s));
  for (int i = 0; i < 16; ++i) EXPECT_FALSE(breaker.failed(kStart + 3s, kStart + 4s + i * 1s));
  EXPECT_EQ(breaker.failures(), 21);
  EXPECT_EQ(breaker.next_try(), kStart + 7s);
  EXPECT_FALSE(breaker.failed(kStart + 20s, kStart + 21s));
  EXPECT_EQ(breaker.next_try(), kStart + 27s);
}

TEST(Breaker, NoPauseIsLongerThanTenMinutesUnlessThePeriodIs) {
  Breaker breaker(3min);
  base::SteadyTime now = kStart;
  for (int i = 0; i < 5; ++i) fail(breaker, now += 3min);
  for (const auto pause : {3min, 6min, 10min, 10min}) {
    EXPECT_EQ(breaker.next_try() - now, pause);
    now = breaker.next_try();
    fail(breaker, now);
  }
}

TEST(Breaker, ALongPeriodIsTheLongestPause) {
  Breaker breaker(6h);
  base::SteadyTime now = kStart;
  for (int i = 0; i < 9; ++i) fail(breaker, now += 6h);
  EXPECT_EQ(breaker.next_try() - now, 6h);
}

}  // namespace
}  // namespace refresh
