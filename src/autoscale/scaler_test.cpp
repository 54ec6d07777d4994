#include "autoscale/scaler.hpp"

#include <gmock/gmock.h>

namespace autoscale {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

config::MetricSpec pods(const std::string& name, std::int64_t target) {
  return {.type = "Pods",
          .source = {.metric = {.name = name}, .target = {.averageValue = config::Quantity{target * 1000}}}};
}

config::MetricSpec external(const std::string& name, config::TargetType type, std::int64_t target) {
  config::MetricSpec metric{.type = "External", .source = {.metric = {.name = name}, .target = {.type = type}}};
  (type == config::TargetType::value ? metric.source.target.value : metric.source.target.averageValue) =
      config::Quantity{target * 1000};
  return metric;
}

class ScalerTest : public testing::Test {
 protected:
  ScalerTest() {
    spec_.maxReplicas = 10;
    spec_.metrics = {pods("requests", 100)};
    spec_.behavior.scaleDown.stabilizationWindowSeconds = 0;
  }

  static PodValues each(std::size_t count, int value, std::size_t missing = 0) {
    return {.values = std::vector<std::int64_t>(count, std::int64_t{value} * 1000), .missing = missing};
  }
  Decision decide(std::size_t current, std::vector<PodValues> metrics, std::string busy = "") {
    return Scaler(spec_).decide({.current = current, .busy = std::move(busy), .metrics = std::move(metrics)}, now_);
  }

  config::AutoscalerSpec spec_;
  base::SteadyTime now_{100h};
};

TEST_F(ScalerTest, FollowsItsMetric) {
  const Decision up = decide(2, {each(2, 150)});
  EXPECT_EQ(up.desired, 3U);
  EXPECT_THAT(up.reasons, ElementsAre("ReadyForNewScale", "DesiredWithinRange"));
  EXPECT_EQ(decide(4, {each(4, 50)}).desired, 2U);
  EXPECT_FALSE(decide(4, {each(4, 100)}).steps());
}

TEST_F(ScalerTest, TheLargestOfSeveralCounts) {
  spec_.metrics.push_back(pods("streams", 10));
  EXPECT_EQ(decide(2, {each(2, 150), each(2, 30)}).desired, 6U);
  EXPECT_EQ(decide(2, {each(2, 300), each(2, 5)}).desired, 6U);
}

TEST_F(ScalerTest, OneThatCannotBeReadForbidsToGoDown) {
  spec_.metrics.push_back(pods("streams", 10));
  const Decision down = decide(4, {each(4, 10), each(0, 0, 4)});
  EXPECT_FALSE(down.steps());
  EXPECT_THAT(down.reasons, ElementsAre("FailedGetMetrics"));
  EXPECT_EQ(decide(2, {each(2, 200), each(0, 0, 2)}).desired, 4U) << "up still happens";
  EXPECT_EQ(decide(2, {each(0, 0, 2), each(2, 20)}).desired, 4U);
  EXPECT_THAT(decide(2, {each(2, 100), each(0, 0, 2)}).reasons, ElementsAre("ReadyForNewScale", "DesiredWithinRange"));
}

TEST_F(ScalerTest, WithoutAnyMetricNothingChanges) {
  const Decision decision = decide(3, {each(0, 0, 3)});
  EXPECT_FALSE(decision.steps());
  EXPECT_THAT(decision.reasons, ElementsAre("FailedGetMetrics"));
  EXPECT_THAT(to_text("portal", decision),
              "portal: 3 replicas, FailedGetMetrics: requests is not known: no replica has a value");
}

TEST_F(ScalerTest, ARolloutFreezesEverything) {
  const Decision decision = decide(20, {each(20, 1000)}, "the update is under way");
  EXPECT_FALSE(decision.steps());
  EXPECT_EQ(to_text("portal", decision), "portal: RolloutUnderWay: the update is under way");
}

TEST_F(ScalerTest, NoneIsSwitchedOff) {
  EXPECT_THAT(decide(0, {each(0, 0)}).reasons, ElementsAre("ScalingDisabled"));
  EXPECT_EQ(decide(0, {each(1, 1000)}).desired, 0U);
}

TEST_F(ScalerTest, OutsideOfItsRangeItIsBroughtBackAtOnce) {
  spec_.minReplicas = 3;
  EXPECT_EQ(decide(14, {each(0, 0, 14)}).desired, 10U);
  EXPECT_THAT(decide(14, {each(0, 0, 14)}).reasons, ElementsAre("TooManyReplicas"));
  EXPECT_EQ(decide(1, {each(0, 0, 1)}).desired, 3U);
  EXPECT_THAT(decide(1, {each(0, 0, 1)}).reasons, ElementsAre("TooFewReplicas"));
  EXPECT_EQ(decide(4, {each(4, 0)}).desired, 3U);
}

TEST_F(ScalerTest, TheSumOfAllReplicas) {
  spec_.metrics = {external("requests", config::TargetType::average_value, 100)};
  EXPECT_EQ(decide(2, {each(2, 130)}).desired, 3U);
  spec_.metrics = {external("requests", config::TargetType::value, 100)};
  EXPECT_EQ(decide(2, {each(2, 100)}).desired, 4U);
  EXPECT_FALSE(decide(2, {each(1, 1000, 1)}).steps()) << "the sum is not known";
}

TEST_F(ScalerTest, TheLargestNumbersStayInTheRange) {
  spec_.maxReplicas = 10'000;
  spec_.behavior.scaleUp.policies = {{config::PolicyType::percent, 10'000, 1}};
  spec_.metrics = {pods("requests", 1)};
  spec_.metrics[0].source.target.averageValue = config::Quantity{1};
  const PodValues most{.values = std::vector<std::int64_t>(10'000, 900'000'000'000'000)};
  EXPECT_EQ(decide(10'000, {most}).desired, 10'000U);
  EXPECT_EQ(decide(5'000, {most}).desired, 10'000U);
  spec_.metrics = {external("requests", config::TargetType::value, 1)};
  EXPECT_EQ(decide(5'000, {most}).desired, 10'000U);
}

TEST_F(ScalerTest, StepsCountAgainstItsPolicies) {
  Scaler scaler(spec_);
  const Decision first = scaler.decide({.current = 1, .metrics = {each(1, 1000)}}, now_);
  EXPECT_EQ(first.desired, 5U);
  scaler.stepped(first, now_);
  const Decision second = scaler.decide({.current = 5, .metrics = {each(5, 1000)}}, now_ + 5s);
  EXPECT_FALSE(second.steps());
  EXPECT_THAT(second.reasons, ElementsAre("ReadyForNewScale", "ScaleUpLimit"));
}

TEST_F(ScalerTest, GoesOnWhereAnotherProcessWas) {
  spec_.behavior.scaleDown.stabilizationWindowSeconds = 300;
  Scaler before(spec_);
  before.decide({.current = 5, .metrics = {each(5, 100)}}, now_);
  before.decide({.current = 5, .metrics = {each(5, 60)}}, now_ + 200s);
  Scaler after(spec_);
  after.restore(before.history());
  EXPECT_EQ(after.decide({.current = 5, .metrics = {each(5, 60)}}, now_ + 299s).desired, 5U);
  EXPECT_EQ(after.decide({.current = 5, .metrics = {each(5, 60)}}, now_ + 300s).desired, 3U);
}

TEST_F(ScalerTest, ADecisionIsALine) {
  EXPECT_EQ(to_text("portal", decide(1, {each(1, 1000)})),
            "portal: 1 -> 5 replicas, ReadyForNewScale, ScaleUpLimit: requests 1000 of 100 (ratio 10.00, 10 replicas)");
}

}  // namespace
}  // namespace autoscale
