#include "base/backoff.hpp"

#include <gtest/gtest.h>

#include <set>

namespace base {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToTheLongestLessUpToAHalf) {
  for (int round = 0; round < 100; ++round) {
    Backoff backoff(100ms, 1s);
    for (const Duration most : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
      const Duration pause = backoff.next();
      EXPECT_LE(pause, most);
      EXPECT_GE(pause, most / 2);
    }
  }
}

TEST(Backoff, BeginsAnewAfterASuccess) {
  Backoff backoff(100ms, 1s);
  for (int i = 0; i < 5; ++i) backoff.next();
  backoff.reset();
  EXPECT_LE(backoff.next(), 100ms);
}

TEST(Backoff, DiffersBetweenThoseThatWait) {
  std::set<Duration> pauses;
  for (int i = 0; i < 20; ++i) pauses.insert(Backoff(1h, 1h).next());
  EXPECT_GT(pauses.size(), 15U);
}

}  // namespace
}  // namespace base
