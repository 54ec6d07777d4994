#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

/// The configuration of an autoscaler. `spec` has the keys of a HorizontalPodAutoscaler's spec (Kubernetes,
/// autoscaling/v2), so that one text serves both.
namespace config {

/// A number as Kubernetes writes it, in thousandths: 40, 0.8, 800m, 2k.
struct Quantity {
  std::int64_t milli = 0;

  bool operator==(const Quantity&) const = default;
};

enum class TargetType : std::uint8_t { average_value, value };

struct MetricTarget {
  /// `AverageValue`: for each replica. `Value`: for all of them together.
  TargetType type = TargetType::average_value;
  std::optional<Quantity> averageValue{};
  std::optional<Quantity> value{};

  bool operator==(const MetricTarget&) const = default;
};

struct LabelSelector {
  /// A series must have all of these. Empty: every series counts.
  std::map<std::string, std::string> matchLabels{};

  bool operator==(const LabelSelector&) const = default;
};

struct MetricIdentifier {
  /// As at /metrics. Of a counter, the rate a second is compared.
  std::string name{};
  LabelSelector selector{};

  bool operator==(const MetricIdentifier&) const = default;
};

struct MetricSource {
  MetricIdentifier metric{};
  MetricTarget target{};

  bool operator==(const MetricSource&) const = default;
};

struct MetricSpec {
  /// `Pods`: the replicas' mean is compared, those without a value taken into account. `External`: their sum.
  std::string type = "Pods";
  MetricSource source{};

  bool operator==(const MetricSpec&) const = default;
};

enum class PolicyType : std::uint8_t { pods, percent };

struct ScalingPolicy {
  PolicyType type = PolicyType::pods;
  /// Replicas, or percent of them, in any period.
  std::uint64_t value = 0;
  std::uint64_t periodSeconds = 0;

  bool operator==(const ScalingPolicy&) const = default;
};

enum class SelectPolicy : std::uint8_t { max, min, disabled };

struct ScalingRules {
  /// The most cautious recommendation of this time counts.
  std::uint64_t stabilizationWindowSeconds = 0;
  /// Which of the policies limits a step: the one that allows the most, the least, or no step at all.
  SelectPolicy selectPolicy = SelectPolicy::max;
  std::vector<ScalingPolicy> policies{};
  /// No step while usage is this close to its target.
  Quantity tolerance{.milli = 100};

  bool operator==(const ScalingRules&) const = default;
};

struct ScalingBehavior {
  ScalingRules scaleUp{
      .policies = {{PolicyType::pods, 4, 15}, {PolicyType::percent, 100, 15}},
  };
  ScalingRules scaleDown{
      .stabilizationWindowSeconds = 300,
      .policies = {{PolicyType::percent, 100, 15}},
  };

  bool operator==(const ScalingBehavior&) const = default;
};

/// The scaled service, as in a manifest. Only the name counts.
struct ScaleTarget {
  std::string apiVersion{};
  std::string kind{};
  std::string name{};

  bool operator==(const ScaleTarget&) const = default;
};

struct AutoscalerSpec {
  ScaleTarget scaleTargetRef{};
  std::uint64_t minReplicas = 1;
  std::uint64_t maxReplicas = 0;
  std::vector<MetricSpec> metrics{};
  ScalingBehavior behavior{};

  bool operator==(const AutoscalerSpec&) const = default;
};

struct ScaledService {
  /// The engine's name of the service. Empty: spec.scaleTargetRef.name.
  std::string name{};
  /// The URL of each replica's metrics: http://tasks.portal:5010/metrics. Every address of the host is a replica.
  /// Not used with the actuator `command`.
  std::string metrics_url{};
  AutoscalerSpec spec{};

  const std::string& scaled_name() const { return name.empty() ? spec.scaleTargetRef.name : name; }
  bool operator==(const ScaledService&) const = default;
};

enum class Actuator : std::uint8_t { swarm, command };

struct AutoscalerConfig {
  /// The executor of decisions: Docker's Engine API, or commands.
  Actuator actuator = Actuator::swarm;
  /// Of the Engine API: unix:PATH or http://HOST:PORT.
  std::string engine = "unix:/var/run/docker.sock";
  /// Prints the admin address HOST:PORT of each replica, a line each. Exit code 75: a rollout is under way. {service}
  /// stands for the service's name.
  std::vector<std::string> list_command{};
  /// Sets the number of replicas of a service. {service} and {replicas} stand for both.
  std::vector<std::string> scale_command{};
  /// How often it decides.
  base::Duration interval = std::chrono::seconds{15};
  /// The rate of a counter is its mean over this time: longer is calmer, shorter is sooner.
  base::Duration rate_window = std::chrono::seconds{30};
  /// A replica, or the engine, that does not answer in this time does not count.
  base::Duration timeout = std::chrono::seconds{3};
  /// How long a command may take.
  base::Duration command_timeout = std::chrono::minutes{5};
  /// Keeps recommendations and steps over a restart. "": after a restart, the stabilization window begins again.
  std::string state_file{};
  std::vector<ScaledService> services{};

  bool operator==(const AutoscalerConfig&) const = default;
};

}  // namespace config
