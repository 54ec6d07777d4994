#include <fmt/format.h>

#include <set>

#include "config/checks.hpp"
#include "config/scalar.hpp"

namespace config {
namespace {

constexpr std::uint64_t kMostReplicas = 10'000;
/// The limits of autoscaling/v2.
constexpr std::uint64_t kLongestWindow = 3600;
constexpr std::uint64_t kLongestPeriod = 1800;

constexpr std::string_view kMetricName = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:";

std::string at(const std::string& path, std::size_t index) {
  return fmt::format("{}[{}]", path, index);
}

void check_target(const MetricSpec& metric, const std::string& path) {
  const MetricTarget& target = metric.source.target;
  const bool average = target.type == TargetType::average_value;
  check(average || metric.type == "External", join(path, "type"), "of Pods is AverageValue");
  const auto& wanted = average ? target.averageValue : target.value;
  const auto& other = average ? target.value : target.averageValue;
  const std::string_view key = average ? "averageValue" : "value";
  check(wanted && wanted->milli > 0, join(path, key), "must be the target of the metric; give a number above 0");
  check(!other, path, fmt::format("of type {} has {} alone", to_text(target.type), key));
}

void check_metric(const MetricSpec& metric, const std::string& path) {
  check(metric.type == "Pods" || metric.type == "External", join(path, "type"),
        fmt::format("'{}' is unknown here; use Pods or External", metric.type));
  const std::string source = join(path, metric.type == "Pods" ? "pods" : "external");
  const std::string& name = metric.source.metric.name;
  check(!name.empty(), join(source, "metric.name"), "is empty; give one such as vacancy_offered_requests_total");
  check(name.find_first_not_of(kMetricName) == std::string::npos, join(source, "metric.name"),
        fmt::format("'{}' is not a name; labels go into selector: {{matchLabels: {{server: portal}}}}", name));
  check_target(metric, join(source, "target"));
}

void check_rules(const ScalingRules& rules, const std::string& path) {
  check_between(rules.stabilizationWindowSeconds, 0, kLongestWindow, join(path, "stabilizationWindowSeconds"));
  check(!rules.policies.empty() || rules.selectPolicy == SelectPolicy::disabled, join(path, "policies"),
        "is empty; give one, or selectPolicy: Disabled");
  for (std::size_t i = 0; i < rules.policies.size(); ++i) {
    const std::string policy = at(join(path, "policies"), i);
    check_between(rules.policies[i].value, 1, kMostReplicas, join(policy, "value"));
    check_between(rules.policies[i].periodSeconds, 1, kLongestPeriod, join(policy, "periodSeconds"));
  }
}

void check_spec(const AutoscalerSpec& spec, const std::string& path) {
  check_between(spec.minReplicas, 1, kMostReplicas, join(path, "minReplicas"));
  check_between(spec.maxReplicas, spec.minReplicas, kMostReplicas, join(path, "maxReplicas"));
  check(!spec.metrics.empty(), join(path, "metrics"), "is empty; give at least one");
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) check_metric(spec.metrics[i], at(join(path, "metrics"), i));
  check_rules(spec.behavior.scaleUp, join(path, "behavior.scaleUp"));
  check_rules(spec.behavior.scaleDown, join(path, "behavior.scaleDown"));
}

void check_service(const ScaledService& service, Actuator actuator, const std::string& path) {
  const std::string& target = service.spec.scaleTargetRef.name;
  check(!service.scaled_name().empty(), join(path, "name"), "is empty; give the service's name");
  check(service.name.empty() || target.empty() || service.name == target, join(path, "spec.scaleTargetRef.name"),
        fmt::format("'{}' is not the service's name '{}'; leave one out", target, service.name));
  if (actuator == Actuator::swarm)
    check(base::parse_url(service.metrics_url).has_value(), join(path, "metrics_url"),
          fmt::format("'{}' is not where metrics are; write http://tasks.NAME:PORT/metrics",
                      base::without_login(service.metrics_url)));
  else
    check(service.metrics_url.empty(), join(path, "metrics_url"),
          "is not used with commands: list_command prints where replicas are");
  check_spec(service.spec, join(path, "spec"));
}

void check_actuator(const AutoscalerConfig& autoscaler) {
  if (autoscaler.actuator == Actuator::swarm) {
    const std::string& engine = autoscaler.engine;
    check(base::parse_url(engine).has_value() || engine.starts_with("unix:/"), "autoscaler.engine",
          fmt::format("'{}' is not where an engine is; write unix:/PATH or http://HOST:PORT", engine));
    return;
  }
  for (const auto& [command, key] :
       {std::pair(&autoscaler.list_command, "list_command"), std::pair(&autoscaler.scale_command, "scale_command")})
    check(!command->empty() && !command->front().empty(), join("autoscaler", key),
          "is empty; give a program and its arguments");
}

}  // namespace

void check_autoscaler(const AutoscalerConfig& autoscaler) {
  check_at_least(autoscaler.interval, seconds{1}, "autoscaler.interval");
  check_at_least(autoscaler.rate_window, autoscaler.interval, "autoscaler.rate_window");
  check_positive(autoscaler.timeout, "autoscaler.timeout");
  check_positive(autoscaler.command_timeout, "autoscaler.command_timeout");
  if (autoscaler.services.empty()) return;
  check_actuator(autoscaler);
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < autoscaler.services.size(); ++i) {
    const ScaledService& service = autoscaler.services[i];
    const std::string path = at("autoscaler.services", i);
    check_service(service, autoscaler.actuator, path);
    check(seen.insert(service.scaled_name()).second, join(path, "name"),
          fmt::format("'{}' is there twice; keep one", service.scaled_name()));
  }
}

}  // namespace config
