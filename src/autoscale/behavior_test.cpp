#include "autoscale/behavior.hpp"

#include <gtest/gtest.h>

namespace autoscale {
namespace {

using namespace std::chrono_literals;
using config::PolicyType;
using config::SelectPolicy;

class BehaviorTest : public testing::Test {
 protected:
  BehaviorTest() {
    spec_.minReplicas = 1;
    spec_.maxReplicas = 1000;
    now_ = base::SteadyTime(100h);
  }

  std::size_t to(std::size_t current, std::size_t desired) { return limited(current, desired).replicas; }
  Limited limited(std::size_t current, std::size_t desired) { return limit(spec_, current, desired, history_, now_); }
  /// A step that is carried out.
  std::size_t step(std::size_t current, std::size_t desired) {
    const std::size_t next = to(current, desired);
    if (next != current) history_.steps.push_back({now_, std::int64_t(next) - std::int64_t(current)});
    return next;
  }
  void recommended(std::initializer_list<std::size_t> all) {
    for (const std::size_t replicas : all) history_.recommended.push_back({now_, replicas});
  }

  config::AutoscalerSpec spec_;
  History history_;
  base::SteadyTime now_;
};

TEST_F(BehaviorTest, ByDefaultUpDoublesOrAddsFour) {
  EXPECT_EQ(step(1, 50), 5U);
  now_ += 15s;
  EXPECT_EQ(step(5, 50), 10U);
  now_ += 15s;
  EXPECT_EQ(step(10, 50), 20U);
}

TEST_F(BehaviorTest, APeriodAllowsItsStepOnce) {
  EXPECT_EQ(step(1, 50), 5U);
  now_ += 14s;
  EXPECT_EQ(limited(5, 50).limited, "ScaleUpLimit");
  EXPECT_EQ(step(5, 50), 5U);
  now_ += 1s;
  EXPECT_EQ(step(5, 50), 10U);
}

TEST_F(BehaviorTest, ByDefaultDownWaitsFiveMinutes) {
  recommended({5, 3, 2});
  now_ += 299s;
  EXPECT_EQ(to(5, 2), 5U);
  EXPECT_EQ(limited(5, 2).able, "ScaleDownStabilized");
  now_ += 1s;
  EXPECT_EQ(to(5, 2), 2U) << "five minutes ago is over";
  EXPECT_EQ(limited(5, 2).able, "ReadyForNewScale");
}

TEST_F(BehaviorTest, TheFirstRecommendationIsWhatRuns) {
  EXPECT_EQ(to(5, 1), 5U);
  now_ += 299s;
  EXPECT_EQ(to(5, 1), 5U);
  now_ += 1s;
  EXPECT_EQ(to(5, 1), 1U);
}

TEST_F(BehaviorTest, AfterALongPauseTheWindowBeginsAnew) {
  recommended({5, 1});
  now_ += 10min;
  EXPECT_EQ(to(5, 1), 5U) << "what was recommended before a long rollout says nothing";
  now_ += 299s;
  EXPECT_EQ(to(5, 1), 5U);
  now_ += 1s;
  EXPECT_EQ(to(5, 1), 1U);
}

TEST_F(BehaviorTest, UpHasItsWindow) {
  spec_.behavior.scaleUp.stabilizationWindowSeconds = 60;
  EXPECT_EQ(limited(2, 4).able, "ScaleUpStabilized");
  now_ += 59s;
  EXPECT_EQ(to(2, 5), 2U);
  now_ += 1s;
  EXPECT_EQ(to(2, 6), 5U) << "the lowest of the last minute";
}

TEST_F(BehaviorTest, ARecommendationBetweenIsFollowed) {
  recommended({8, 6, 7});
  EXPECT_EQ(to(10, 5), 8U) << "down to the highest of the window";
}

TEST_F(BehaviorTest, PoliciesCountFromTheBeginOfTheirPeriod) {
  spec_.behavior.scaleUp.policies = {{PolicyType::pods, 3, 60}};
  EXPECT_EQ(step(10, 11), 11U);
  now_ += 30s;
  EXPECT_EQ(step(11, 50), 13U) << "3 above the 10 of a minute ago";
  history_.steps.push_back({now_, -5});
  EXPECT_EQ(step(8, 50), 13U) << "what was removed in the period may come back";
}

TEST_F(BehaviorTest, DownIsLimitedToo) {
  spec_.behavior.scaleDown = {.policies = {{PolicyType::percent, 10, 60}}};
  EXPECT_EQ(step(50, 1), 45U);
  EXPECT_EQ(limited(45, 1).limited, "ScaleDownLimit");
  now_ += 60s;
  EXPECT_EQ(step(45, 1), 40U) << "40.5 is cut";
  spec_.behavior.scaleDown.policies = {{PolicyType::pods, 2, 60}};
  now_ += 60s;
  EXPECT_EQ(step(40, 1), 38U);
}

TEST_F(BehaviorTest, OneOfThePoliciesIsSelected) {
  const std::vector<config::ScalingPolicy> policies{{PolicyType::pods, 4, 60}, {PolicyType::percent, 50, 60}};
  spec_.behavior.scaleUp.policies = spec_.behavior.scaleDown.policies = policies;
  spec_.behavior.scaleDown.stabilizationWindowSeconds = 0;
  EXPECT_EQ(to(20, 100), 30U);
  EXPECT_EQ(to(20, 1), 10U);
  spec_.behavior.scaleUp.selectPolicy = spec_.behavior.scaleDown.selectPolicy = SelectPolicy::min;
  EXPECT_EQ(to(20, 100), 24U);
  EXPECT_EQ(to(20, 1), 16U);
  spec_.behavior.scaleUp.selectPolicy = spec_.behavior.scaleDown.selectPolicy = SelectPolicy::disabled;
  EXPECT_EQ(to(20, 100), 20U);
  EXPECT_EQ(to(20, 1), 20U);
}

TEST_F(BehaviorTest, APercentageOfFewIsAtLeastOne) {
  spec_.behavior.scaleUp.policies = {{PolicyType::percent, 1, 60}};
  EXPECT_EQ(to(1, 100), 2U);
}

TEST_F(BehaviorTest, StaysFromTheLeastToTheMost) {
  spec_.minReplicas = 2;
  spec_.maxReplicas = 6;
  spec_.behavior.scaleDown.stabilizationWindowSeconds = 0;
  EXPECT_EQ(to(4, 100), 6U);
  EXPECT_EQ(limited(4, 100).limited, "TooManyReplicas");
  EXPECT_EQ(to(4, 0), 2U);
  EXPECT_EQ(limited(4, 0).limited, "TooFewReplicas");
  EXPECT_EQ(limited(4, 5).limited, "DesiredWithinRange");
}

TEST_F(BehaviorTest, WhatWasDoneByHandIsNotTakenBack) {
  spec_.behavior.scaleUp.policies = {{PolicyType::pods, 1, 60}};
  history_.steps.push_back({now_, 5});
  EXPECT_EQ(to(10, 20), 10U) << "6 would have been the most";
}

TEST_F(BehaviorTest, ForgetsAfterAnHour) {
  for (int i = 0; i < 1000; ++i) {
    now_ += 15s;
    to(3, 3);
    history_.steps.push_back({now_, 1});
  }
  EXPECT_LE(history_.recommended.size(), 241U);
  history_.forget(now_);
  EXPECT_EQ(history_.steps.size(), 240U);
}

}  // namespace
}  // namespace autoscale
