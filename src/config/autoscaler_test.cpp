#include <gmock/gmock.h>

#include <fstream>

#include "base/error.hpp"
#include "config/load.hpp"
#include "config/print.hpp"
#include "support/temp_dir.hpp"

namespace config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

/// A HorizontalPodAutoscaler's spec as it stands in a manifest.
constexpr const char* kSpec = R"(
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: portal}
      minReplicas: 2
      maxReplicas: 20
      metrics:
        - type: Pods
          pods:
            metric:
              name: vacancy_offered_requests_total
              selector: {matchLabels: {server: portal}}
            target: {type: AverageValue, averageValue: "200"}
        - type: External
          external:
            metric: {name: vacancy_event_streams}
            target: {type: Value, value: 2k}
      behavior:
        scaleUp:
          stabilizationWindowSeconds: 30
          selectPolicy: Min
          tolerance: 50m
          policies:
            - {type: Percent, value: 50, periodSeconds: 60}
        scaleDown: {selectPolicy: Disabled}
)";

class AutoscalerConfigTest : public testing::Test {
 protected:
  Config read(const std::string& text) {
    std::ofstream(dir_ / "c.yaml") << text;
    return load(dir_ / "c.yaml", {});
  }
  Config with(const std::string& spec, const std::string& more = "metrics_url: http://tasks.portal:5010") {
    return read("autoscaler:\n  services:\n  - " + more + "\n    spec:\n" + spec);
  }
  std::string error(const std::string& text) {
    try {
      read(text);
    } catch (const base::UsageError& error) {
      return error.what();
    }
    return "";
  }
  /// Of a spec that differs from a good one in one place.
  std::string error_with(const std::string& what, const std::string& instead) {
    std::string spec = kSpec;
    const auto at = spec.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    spec.replace(at, what.size(), instead);
    return error("autoscaler:\n  services:\n  - metrics_url: http://tasks.portal:5010\n    spec:\n" + spec);
  }

  support::TempDir dir_;
};

TEST_F(AutoscalerConfigTest, ReadsTheSpecOfAHorizontalPodAutoscaler) {
  const AutoscalerConfig config = with(kSpec).autoscaler;
  ASSERT_EQ(config.services.size(), 1U);
  EXPECT_EQ(config.services[0].scaled_name(), "portal");
  const AutoscalerSpec& spec = config.services[0].spec;
  EXPECT_EQ(spec.minReplicas, 2U);
  EXPECT_EQ(spec.maxReplicas, 20U);
  ASSERT_EQ(spec.metrics.size(), 2U);
  EXPECT_EQ(spec.metrics[0].source.metric.name, "vacancy_offered_requests_total");
  EXPECT_EQ(spec.metrics[0].source.metric.selector.matchLabels,
            (std::map<std::string, std::string>{{"server", "portal"}}));
  EXPECT_EQ(spec.metrics[0].source.target.averageValue, Quantity{200'000});
  EXPECT_EQ(spec.metrics[1].source.target, (MetricTarget{.type = TargetType::value, .value = Quantity{2'000'000}}));
  EXPECT_EQ(spec.behavior.scaleUp, (ScalingRules{.stabilizationWindowSeconds = 30,
                                                 .selectPolicy = SelectPolicy::min,
                                                 .policies = {{PolicyType::percent, 50, 60}},
                                                 .tolerance = {50}}));
  EXPECT_EQ(spec.behavior.scaleDown.selectPolicy, SelectPolicy::disabled);
  EXPECT_EQ(spec.behavior.scaleDown.stabilizationWindowSeconds, 300U) << "the default of autoscaling/v2";
}

TEST_F(AutoscalerConfigTest, WhatIsPrintedIsReadAgain) {
  const Config config = with(kSpec);
  EXPECT_EQ(read(to_yaml(config)), config);
}

TEST_F(AutoscalerConfigTest, QuantitiesAreThoseOfKubernetes) {
  for (const auto& [text, milli] : {std::pair{"40", 40'000},
                                    {"0.8", 800},
                                    {"800m", 800},
                                    {"2k", 2'000'000},
                                    {"1Ki", 1'024'000},
                                    {"1e3", 1'000'000},
                                    {"0.0001", 1}}) {
    std::string spec = kSpec;
    spec.replace(spec.find("\"200\""), 5, text);
    EXPECT_EQ(with(spec).autoscaler.services[0].spec.metrics[0].source.target.averageValue->milli, milli) << text;
  }
  for (const char* text : {"x", "\"\"", "-1", "1x", "m", "nan", "1e30", "4 0"})
    EXPECT_THAT(error_with("\"200\"", text), HasSubstr("averageValue")) << text;
  EXPECT_THAT(error_with("\"200\"", "0"), HasSubstr("give a number above 0"));
}

TEST_F(AutoscalerConfigTest, MistakesAreNamedWithTheirLine) {
  EXPECT_THAT(error_with("minReplicas: 2", "minReplicas: 0"),
              HasSubstr("c.yaml:7: autoscaler.services[0].spec.minReplicas: 0 is not from 1"));
  EXPECT_THAT(error_with("maxReplicas: 20", "maxReplicas: 1"), HasSubstr("1 is not from 2 to"));
  EXPECT_THAT(error_with("maxReplicas: 20", "maxReplica: 20"), HasSubstr("unknown key; did you mean maxReplicas?"));
  EXPECT_THAT(error_with("type: Pods", "type: Resource"),
              HasSubstr("'Resource' is unknown here; use Pods or External"));
  EXPECT_THAT(error_with("pods:", "external:"), HasSubstr("unknown key"));
  EXPECT_THAT(error_with("type: AverageValue", "type: Value"), HasSubstr("of Pods is AverageValue"));
  EXPECT_THAT(error_with("type: Value", "type: Utilization"),
              HasSubstr("'Utilization' is unknown; use one of AverageValue, Value"));
  EXPECT_THAT(error_with("value: 2k", "averageValue: 2k"), HasSubstr("must be the target of the metric"));
  EXPECT_THAT(error_with("value: 2k", "value: 2k, averageValue: 1"), HasSubstr("of type Value has value alone"));
  EXPECT_THAT(error_with("name: vacancy_event_streams", "name: ''"), HasSubstr("metric.name: is empty"));
  EXPECT_THAT(error_with("name: vacancy_event_streams", "name: 'x{server=\"portal\"}'"), HasSubstr("matchLabels"));
  EXPECT_THAT(error_with("periodSeconds: 60", "periodSeconds: 1801"), HasSubstr("1801 is not from 1 to 1800"));
  EXPECT_THAT(error_with("value: 50", "value: 0"), HasSubstr("0 is not from 1"));
  EXPECT_THAT(error_with("WindowSeconds: 30", "WindowSeconds: 3601"), HasSubstr("3601 is not from 0 to 3600"));
  EXPECT_THAT(error_with("selectPolicy: Min", "selectPolicy: Least"), HasSubstr("'Least' is unknown"));
}

TEST_F(AutoscalerConfigTest, AServiceNeedsItsPlace) {
  const std::string spec = std::string("    spec:\n") + kSpec;
  EXPECT_THAT(error("autoscaler:\n  services:\n  - name: portal\n" + spec),
              HasSubstr("metrics_url: '' is not where metrics are"));
  EXPECT_THAT(error("autoscaler:\n  services:\n  - name: other\n    metrics_url: http://p:1\n" + spec),
              HasSubstr("'portal' is not the service's name 'other'"));
  EXPECT_THAT(error("autoscaler:\n  engine: tcp://x\n  services:\n  - metrics_url: http://p:1\n" + spec),
              HasSubstr("'tcp://x' is not where an engine is"));
  EXPECT_THAT(error("autoscaler:\n  actuator: command\n  services:\n  - name: portal\n" + spec),
              HasSubstr("autoscaler.list_command: is empty"));
  EXPECT_THAT(error("autoscaler:\n  actuator: command\n  list_command: [a]\n  scale_command: [b]\n  services:\n  - "
                    "metrics_url: http://p:1\n" +
                    spec),
              HasSubstr("is not used with commands"));
  EXPECT_THAT(error("autoscaler:\n  rate_window: 10s\n"), HasSubstr("10s is too short; give 15s or more"));
}

TEST_F(AutoscalerConfigTest, TheRulesOfBothWaysAreChecked) {
  constexpr const char* kDown = "{selectPolicy: Disabled}";
  EXPECT_THAT(error_with(kDown, "{stabilizationWindowSeconds: 3601}"),
              HasSubstr("behavior.scaleDown.stabilizationWindowSeconds: 3601 is not from 0 to 3600"));
  EXPECT_THAT(error_with(kDown, "{policies: []}"), HasSubstr("behavior.scaleDown.policies: is empty"));
  EXPECT_THAT(error_with(kDown, "{policies: [{type: Pods, value: 1, periodSeconds: 0}]}"),
              HasSubstr("behavior.scaleDown.policies[0].periodSeconds: 0 is not from 1 to 1800"));
  EXPECT_THAT(error_with("- {type: Percent, value: 50, periodSeconds: 60}", "[]"), HasSubstr("scaleUp.policies"));
}

TEST_F(AutoscalerConfigTest, WhatIsNoQuantityIsSaidToBeNone) {
  for (const char* text : {"1e30", "9007199254741", "10000Ti", "nan", "-1", "m"})
    EXPECT_THAT(error_with("\"200\"", text), HasSubstr("is not a quantity")) << text;
  std::string spec = kSpec;
  spec.replace(spec.find("\"200\""), 5, "9007199254740");
  EXPECT_EQ(with(spec).autoscaler.services[0].spec.metrics[0].source.target.averageValue,
            Quantity{9'007'199'254'740'000});
}

TEST_F(AutoscalerConfigTest, AServiceIsThereOnce) {
  const std::string service = "  - metrics_url: http://tasks.portal:5010\n    spec:\n" + std::string(kSpec);
  EXPECT_THAT(error("autoscaler:\n  services:\n" + service + service),
              HasSubstr("autoscaler.services[1].name: 'portal' is there twice; keep one"));
}

}  // namespace
}  // namespace config
