#include "refresh/breaker.hpp"

#include <gtest/gtest.h>

namespace refresh {
namespace {

using namespace std::chrono_literals;

const base::SteadyTime kStart{1000s};

TEST(Breaker, OpensAfterAPeriodOfNothingButFailures) {
  Breaker breaker(60s);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(breaker.failed(kStart + i * 100ms));
  EXPECT_FALSE(breaker.open()) << "not a whole period";
  EXPECT_TRUE(breaker.failed(kStart + 60s));
  EXPECT_TRUE(breaker.open());
  EXPECT_EQ(breaker.failures(), 101);
}

TEST(Breaker, OpensAfterFiveFailuresAtLeast) {
  Breaker breaker(1s);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(breaker.failed(kStart + i * 10s));
  EXPECT_TRUE(breaker.failed(kStart + 40s));
}

TEST(Breaker, ASuccessBetweenKeepsItClosed) {
  Breaker breaker(1s);
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(breaker.failed(kStart + i * 10s));
    if (i % 4 == 3) EXPECT_FALSE(breaker.succeeded());
  }
}

TEST(Breaker, PausesDoubleUpToALimit) {
  Breaker breaker(1s);
  base::SteadyTime now = kStart;
  for (int i = 0; i < 5; ++i) breaker.failed(now += 1s);
  for (const auto pause : {1s, 2s, 4s, 8s, 10s, 10s}) {
    EXPECT_EQ(breaker.next_try() - now, pause);
    now = breaker.next_try();
    EXPECT_FALSE(breaker.failed(now));
  }
  EXPECT_TRUE(breaker.succeeded());
  EXPECT_FALSE(breaker.open());
}

TEST(Breaker, NoPauseIsLongerThanTenMinutesUnlessThePeriodIs) {
  Breaker breaker(3min);
  base::SteadyTime now = kStart;
  for (int i = 0; i < 5; ++i) breaker.failed(now += 3min);
  for (const auto pause : {3min, 6min, 10min, 10min}) {
    EXPECT_EQ(breaker.next_try() - now, pause);
    now = breaker.next_try();
    breaker.failed(now);
  }
}

TEST(Breaker, ALongPeriodIsTheLongestPause) {
  Breaker breaker(6h);
  base::SteadyTime now = kStart;
  for (int i = 0; i < 9; ++i) breaker.failed(now += 6h);
  EXPECT_EQ(breaker.next_try() - now, 6h);
}

}  // namespace
}  // namespace refresh
