#include "refresh/slots.hpp"

#include <gtest/gtest.h>

namespace refresh {
namespace {

using namespace std::chrono_literals;

constexpr base::SteadyTime kNow{1h};

class SlotsTest : public testing::Test {
 protected:
  std::size_t room(std::size_t queued = 0) const { return slots_.room(queued, queued, breaker_, kNow).tasks; }
  void open() {
    for (int i = 0; i < 5; ++i) breaker_.failed(kNow, kNow - 1min + i * 1min);
    ASSERT_TRUE(breaker_.open());
  }

  Slots slots_{4, true};
  Breaker breaker_{1min};
};

TEST_F(SlotsTest, AsManyRunAtOnceAsThereAreSlots) {
  EXPECT_EQ(room(), 4U);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(slots_.take());
  EXPECT_FALSE(slots_.take());
  EXPECT_EQ(room(), 0U);
  slots_.give_back();
  EXPECT_EQ(room(), 1U);
  EXPECT_EQ(room(1), 0U) << "one is claimed already";
  EXPECT_TRUE(slots_.take());
}

TEST_F(SlotsTest, ShortRunsAreClaimedAhead) {
  slots_.ran(5ms);
  EXPECT_EQ(room(), 4U + 4 * 5) << "each slot runs five in 25 ms";
  EXPECT_EQ(room(24), 0U);
  for (int i = 0; i < 100; ++i) slots_.ran(1ms);
  EXPECT_GT(room(), 4U + 4 * 20);
  slots_.ran(1us);
  for (int i = 0; i < 100; ++i) slots_.ran(1us);
  EXPECT_EQ(room(), 4U + 128) << "more would keep other replicas waiting";
}

TEST_F(SlotsTest, LongRunsAreNot) {
  slots_.ran(26ms);
  EXPECT_EQ(room(), 4U);
  for (int i = 0; i < 100; ++i) slots_.ran(5ms);
  EXPECT_GT(room(), 4U) << "the average follows";
}

TEST_F(SlotsTest, WithALimitNothingIsClaimedAhead) {
  Slots limited(4, false);
  limited.ran(1ms);
  EXPECT_EQ(limited.room(0, 0, breaker_, kNow).tasks, 4U);
}

TEST_F(SlotsTest, ASourceThatRestsGetsNoRun) {
  breaker_.rest_until(kNow + 1s);
  breaker_.rest_until(kNow);
  const Slots::Room rest = slots_.room(0, 0, breaker_, kNow);
  EXPECT_EQ(rest.tasks, 0U);
  EXPECT_EQ(rest.changes, kNow + 1s);
  EXPECT_EQ(slots_.room(0, 0, breaker_, kNow + 1s).tasks, 4U);
}

TEST_F(SlotsTest, ASourceThatFailsGetsOneRunAtATime) {
  open();
  const auto waits = slots_.room(0, 0, breaker_, breaker_.next_try() - 1ms);
  EXPECT_EQ(waits.tasks, 0U);
  EXPECT_EQ(waits.changes, breaker_.next_try());
  EXPECT_EQ(slots_.room(0, 0, breaker_, breaker_.next_try()).tasks, 1U);
  EXPECT_EQ(slots_.room(0, 1, breaker_, breaker_.next_try()).tasks, 0U) << "one is tried";
  breaker_.succeeded();
  EXPECT_EQ(room(), 4U);
}

}  // namespace
}  // namespace refresh
