#include "autoscale/scaler.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/scalar.hpp"

namespace autoscale {
namespace {

std::size_t ready(const PodValues& pods) {
  return pods.values.size();
}

/// The sum over all replicas, which is known when each shows its part.
base::Result<std::int64_t> total_of(const PodValues& pods) {
  if (pods.missing > 0) return base::fail(base::Errc::unavailable, "the sum is not known: " + pods.why_missing);
  if (pods.values.empty()) return base::fail(base::Errc::unavailable, pods.nobody());
  std::int64_t sum = 0;
  for (const std::int64_t value : pods.values) sum += value;
  return sum;
}

std::int64_t target_of(const config::MetricSpec& metric) {
  const config::MetricTarget& target = metric.source.target;
  return target.averageValue.value_or(target.value.value_or(config::Quantity{})).milli;
}

/// With its labels, which tell metrics of one name apart.
std::string name_of(const config::MetricIdentifier& metric) {
  std::vector<std::string> labels;
  for (const auto& [name, value] : metric.selector.matchLabels) labels.push_back(fmt::format("{}={}", name, value));
  return labels.empty() ? metric.name : fmt::format("{}{{{}}}", metric.name, fmt::join(labels, ","));
}

base::Result<Recommendation> recommend(const config::MetricSpec& metric, std::size_t current, const PodValues& pods,
                                       const Tolerances& tolerances) {
  const config::MetricTarget& target = metric.source.target;
  const bool average = target.type == config::TargetType::average_value;
  const std::int64_t wanted = target_of(metric);
  if (metric.type == "Pods") return recommend_by_pods(current, pods, wanted, tolerances);
  const auto total = total_of(pods);
  if (!total) return std::unexpected(total.error());
  if (average) return recommend_by_average(current, *total, wanted, tolerances);
  return recommend_by_value(current, ready(pods), *total, wanted, tolerances);
}

/// The largest number that a metric asks for. Nothing: unknown. A metric that cannot be read forbids to scale down, not
/// to scale up.
std::optional<std::size_t> largest(const std::vector<Asked>& asked, std::size_t current) {
  std::optional<std::size_t> most;
  bool all = true;
  for (const Asked& one : asked) {
    if (one.recommendation) most = std::max(most.value_or(0), one.recommendation->replicas);
    all = all && one.recommendation.has_value();
  }
  if (!all && most.value_or(0) < current) return std::nullopt;
  return most;
}

std::string to_text(const Asked& asked) {
  const auto number = [](std::int64_t milli) { return fmt::format("{:g}", static_cast<double>(milli) / 1000); };
  if (!asked.recommendation)
    return fmt::format("{} is not known: {}", asked.metric, asked.recommendation.error().message);
  return fmt::format("{} {} of {} (ratio {:.2f}, {} replicas)", asked.metric, number(asked.recommendation->usage),
                     number(asked.target), asked.recommendation->ratio, asked.recommendation->replicas);
}

}  // namespace

Decision Scaler::decide(const Seen& seen, base::SteadyTime now) {
  Decision decision{.current = seen.current, .desired = seen.current, .busy = seen.busy};
  const auto only = [&](std::string_view reason, std::size_t desired) {
    decision.reasons = {reason};
    decision.desired = desired;
    return decision;
  };
  if (!seen.busy.empty()) return only(kRollout, seen.current);
  if (seen.current == 0) return only(kDisabled, 0);
  if (seen.current > spec_.maxReplicas) return only("TooManyReplicas", spec_.maxReplicas);
  if (seen.current < spec_.minReplicas) return only("TooFewReplicas", spec_.minReplicas);
  decision.asked = ask(seen);
  const auto recommended = largest(decision.asked, seen.current);
  if (!recommended) return only(kNoMetrics, seen.current);
  const Limited limited = limit(spec_, seen.current, *recommended, history_, now);
  decision.desired = limited.replicas;
  decision.reasons = {limited.able, limited.limited};
  return decision;
}

std::vector<Asked> Scaler::ask(const Seen& seen) const {
  const Tolerances tolerances = tolerances_of(spec_.behavior);
  std::vector<Asked> asked;
  for (std::size_t i = 0; i < spec_.metrics.size(); ++i) {
    const config::MetricSpec& metric = spec_.metrics[i];
    const PodValues& pods = seen.metrics.at(i);
    asked.push_back({.metric = name_of(metric.source.metric),
                     .target = target_of(metric),
                     .recommendation = recommend(metric, seen.current, pods, tolerances)});
  }
  return asked;
}

void Scaler::stepped(const Decision& decision, base::SteadyTime now) {
  history_.steps.push_back(
      {now, static_cast<std::int64_t>(decision.desired) - static_cast<std::int64_t>(decision.current)});
  history_.forget(now);
}

std::string to_text(const std::string& service, const Decision& decision) {
  if (!decision.busy.empty()) return fmt::format("{}: {}: {}", service, kRollout, decision.busy);
  std::string text = decision.steps()
                         ? fmt::format("{}: {} -> {} replicas", service, decision.current, decision.desired)
                         : fmt::format("{}: {} replicas", service, decision.current);
  text += fmt::format(", {}", fmt::join(decision.reasons, ", "));
  std::string_view separator = ": ";
  for (const Asked& asked : decision.asked) {
    text += fmt::format("{}{}", separator, to_text(asked));
    separator = "; ";
  }
  return text;
}

}  // namespace autoscale
