#include "http/retry_budget.hpp"

#include <gtest/gtest.h>

namespace http {
namespace {

using namespace std::chrono_literals;

TEST(RetryBudget, GivesWhatItHasAndOneMoreAfterEachRefill) {
  RetryBudget budget(3, 1s);
  const base::SteadyTime start{1h};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.take(start)) << i;
  EXPECT_FALSE(budget.take(start));
  EXPECT_FALSE(budget.take(start + 999ms));
  EXPECT_TRUE(budget.take(start + 1s));
  EXPECT_FALSE(budget.take(start + 1s)) << "what was refused cost nothing, and no more came";
}

TEST(RetryBudget, IsNeverMoreThanFull) {
  RetryBudget budget(2, 1s);
  const base::SteadyTime start{1h};
  EXPECT_TRUE(budget.take(start));
  EXPECT_TRUE(budget.take(start + 1h));
  EXPECT_TRUE(budget.take(start + 1h));
  EXPECT_FALSE(budget.take(start + 1h));
}

}  // namespace
}  // namespace http
