#include "core/next_run.hpp"

#include <gtest/gtest.h>

namespace core {
namespace {

using namespace std::chrono_literals;

constexpr base::Time kBegan = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h;
constexpr RefreshRule kRule{.min = 30s, .max = 15min};

NextRun after(base::Duration period, DueReason reason) {
  return {kBegan + period, reason};
}

TEST(NextRun, AWatchedProfileHasTheShortestPeriod) {
  EXPECT_EQ(next_run(kRule, true, kBegan, {}), after(30s, DueReason::watched));
  EXPECT_EQ(next_run(kRule, true, kBegan, kBegan - 24h), after(30s, DueReason::watched));
}

TEST(NextRun, OneThatChangedIsAskedLessAndLess) {
  EXPECT_EQ(next_run(kRule, false, kBegan, kBegan + 1s), after(30s, DueReason::changed)) << "this run found it";
  EXPECT_EQ(next_run(kRule, false, kBegan, kBegan - 2min), after(30s, DueReason::changed));
  EXPECT_EQ(next_run(kRule, false, kBegan, kBegan - 40min), after(5min, DueReason::changed));
  EXPECT_EQ(next_run(kRule, false, kBegan, kBegan - 2h), after(15min, DueReason::quiet));
  EXPECT_EQ(next_run(kRule, false, kBegan, {}), after(15min, DueReason::quiet));
}

TEST(NextRun, ABudgetStretchesThePeriodButNotBeyondThePromise) {
  RefreshRule rule = kRule;
  rule.watched = 0;
  rule.changed = 0.5;
  EXPECT_EQ(next_run(rule, true, kBegan, {}), after(15min, DueReason::budget));
  // Half of the runs beyond one in 15 min: (2 + 1/15) / 2 a minute.
  EXPECT_EQ(next_run(rule, false, kBegan, kBegan), after(58'065ms, DueReason::budget));
  EXPECT_EQ(next_run(rule, false, kBegan, {}), after(15min, DueReason::quiet)) << "it wants no more";
}

TEST(NextRun, EachReasonHasAWord) {
  for (const DueReason reason : {DueReason::watched, DueReason::changed, DueReason::quiet, DueReason::budget})
    EXPECT_EQ(parse_due_reason(to_string(reason)), reason);
  EXPECT_FALSE(parse_due_reason("bored"));
}

}  // namespace
}  // namespace core
