#include "autoscale/recommend.hpp"

#include <gtest/gtest.h>

namespace autoscale {
namespace {

constexpr std::int64_t kTarget = 100'000;
const Tolerances kTolerances;

PodValues pods(std::vector<int> values, std::size_t missing = 0, std::size_t unready = 0) {
  PodValues pods{.missing = missing, .unready = unready};
  for (const int value : values) pods.values.push_back(std::int64_t{value} * 1000);
  return pods;
}

std::size_t by_pods(std::size_t current, const PodValues& pods, const Tolerances& tolerances = kTolerances) {
  return recommend_by_pods(current, pods, kTarget, tolerances)->replicas;
}

std::size_t by_average(std::size_t current, int total) {
  return recommend_by_average(current, std::int64_t{total} * 1000, kTarget, kTolerances).replicas;
}

std::size_t by_value(std::size_t current, std::size_t ready, int total) {
  return recommend_by_value(current, ready, std::int64_t{total} * 1000, kTarget, kTolerances).replicas;
}

TEST(RecommendByPods, StaysWithinTheTolerance) {
  EXPECT_EQ(by_pods(2, pods({109, 109})), 2U);
  EXPECT_EQ(by_pods(2, pods({110, 110})), 2U) << "its bounds belong to it";
  EXPECT_EQ(by_pods(2, pods({111, 111})), 3U);
  EXPECT_EQ(by_pods(10, pods({90, 90, 90, 90, 90, 90, 90, 90, 90, 90})), 10U);
  EXPECT_EQ(by_pods(10, pods({89, 89, 89, 89, 89, 89, 89, 89, 89, 89})), 9U);
}

TEST(RecommendByPods, EachDirectionHasItsTolerance) {
  EXPECT_EQ(by_pods(2, pods({140, 140}), {.up = 0.5, .down = 0.1}), 2U);
  EXPECT_EQ(by_pods(2, pods({160, 160}), {.up = 0.5, .down = 0.1}), 4U);
  EXPECT_EQ(by_pods(4, pods({70, 70, 70, 70}), {.up = 0.1, .down = 0.5}), 4U);
  EXPECT_EQ(by_pods(4, pods({40, 40, 40, 40}), {.up = 0.1, .down = 0.5}), 2U);
  EXPECT_EQ(by_pods(2, pods({101, 101}), {.up = 0, .down = 0}), 3U);
}

TEST(RecommendByPods, MissingReplicasHoldAStepBack) {
  EXPECT_EQ(by_pods(4, pods({150, 150, 150}, 1)), 5U) << "6 if the fourth were as busy";
  EXPECT_EQ(by_pods(4, pods({40, 40, 40}, 1)), 3U) << "2 if the fourth were as idle";
  EXPECT_EQ(by_pods(4, pods({120, 120, 120}, 1)), 4U) << "0.9 with an idle fourth";
  EXPECT_EQ(by_pods(3, pods({150}, 2)), 3U) << "0.5 with two idle ones: up does not become down";
  EXPECT_EQ(by_pods(4, pods({100, 100, 100}, 1)), 4U);
  EXPECT_EQ(by_pods(4, pods({0}, 3)), 3U);
}

TEST(RecommendByPods, UnreadyReplicasHoldAStepUpBack) {
  EXPECT_EQ(by_pods(4, pods({150, 150}, 0, 2)), 4U) << "0.75 with two idle ones";
  EXPECT_EQ(by_pods(4, pods({400, 400}, 0, 2)), 8U);
  EXPECT_EQ(by_pods(4, pods({50, 50}, 0, 2)), 1U) << "on the way down they do not count";
  EXPECT_EQ(by_pods(4, pods({300, 300}, 1, 1)), 6U);
  EXPECT_EQ(by_pods(2, pods({205}, 0, 1)), 2U) << "1.02 with an idle second";
}

TEST(RecommendByPods, AResultAgainstItsDirectionIsNoStep) {
  EXPECT_EQ(by_pods(2, pods({80, 80, 80}, 1)), 2U) << "0.85 of four replicas, where two are wanted";
  EXPECT_EQ(by_pods(9, pods({400, 400}, 1)), 9U) << "2.67 of three replicas, where nine are wanted";
}

TEST(RecommendByPods, MeansAreWholeThousandths) {
  const auto recommendation = recommend_by_pods(3, {.values = {1, 1, 2}}, 1, kTolerances);
  EXPECT_EQ(recommendation->usage, 1);
  EXPECT_EQ(recommendation->replicas, 3U);
}

TEST(RecommendByPods, NobodyToAskIsAnError) {
  EXPECT_FALSE(recommend_by_pods(2, pods({}, 2), kTarget, kTolerances));
  EXPECT_EQ(by_pods(3, pods({0, 0, 0})), 0U) << "the smallest number is kept by who asks";
}

TEST(RecommendByAverage, DividesTheTotal) {
  EXPECT_EQ(by_average(2, 260), 3U);
  EXPECT_EQ(by_average(2, 219), 2U) << "within the tolerance of two";
  EXPECT_EQ(by_average(2, 221), 3U);
  EXPECT_EQ(by_average(5, 1), 1U);
  EXPECT_EQ(by_average(1, 5000), 50U);
  EXPECT_EQ(recommend_by_average(2, 260'001, kTarget, kTolerances).usage, 130'001) << "rounded up";
}

TEST(RecommendByValue, MultipliesWhoIsReady) {
  EXPECT_EQ(by_value(4, 4, 150), 6U);
  EXPECT_EQ(by_value(4, 2, 150), 3U);
  EXPECT_EQ(by_value(4, 4, 105), 4U);
  EXPECT_EQ(by_value(4, 4, 50), 2U);
}

}  // namespace
}  // namespace autoscale
