#include "autoscale/behavior.hpp"

#include <algorithm>
#include <cmath>

namespace autoscale {
namespace {

using std::chrono::seconds;

/// Of autoscaling/v2, for stabilizationWindowSeconds and periodSeconds.
constexpr seconds kLongest{3600};

seconds window_of(const config::ScalingRules& rules) {
  return seconds(rules.stabilizationWindowSeconds);
}

struct Stabilised {
  std::size_t replicas = 0;
  std::string_view reason;
};

Stabilised stabilise(const config::ScalingBehavior& behavior, std::size_t current, std::size_t desired,
                     const History& history, base::SteadyTime now) {
  std::size_t up = desired;
  std::size_t down = desired;
  for (const auto& [at, replicas] : history.recommended) {
    if (at > now - window_of(behavior.scaleUp)) up = std::min(up, replicas);
    if (at > now - window_of(behavior.scaleDown)) down = std::max(down, replicas);
  }
  const std::size_t stable = std::min(std::max(current, up), down);
  if (stable == desired) return {stable, "ReadyForNewScale"};
  return {stable, desired >= current ? "ScaleUpStabilized" : "ScaleDownStabilized"};
}

/// How many replicas there were when the period began.
std::int64_t at_begin(const config::ScalingPolicy& policy, std::size_t current, const History& history,
                      base::SteadyTime now) {
  auto replicas = static_cast<std::int64_t>(current);
  for (const History::Step& step : history.steps)
    if (step.at > now - seconds(policy.periodSeconds)) replicas -= step.change;
  return replicas;
}

/// The farthest number of replicas that one policy allows.
std::int64_t allowed(const config::ScalingPolicy& policy, std::int64_t begin, int direction) {
  const auto value = static_cast<std::int64_t>(policy.value);
  if (policy.type == config::PolicyType::pods) return begin + direction * value;
  const double changed = static_cast<double>(begin) * (1 + direction * static_cast<double>(value) / 100);
  return static_cast<std::int64_t>(direction > 0 ? std::ceil(changed) : std::trunc(changed));
}

/// The farthest number of replicas that the rules of a direction allow: up is 1, down is -1.
std::int64_t farthest(const config::ScalingRules& rules, std::size_t current, const History& history,
                      base::SteadyTime now, int direction) {
  const auto here = static_cast<std::int64_t>(current);
  if (rules.selectPolicy == config::SelectPolicy::disabled) return here;
  std::optional<std::int64_t> chosen;
  for (const config::ScalingPolicy& policy : rules.policies) {
    const std::int64_t next = allowed(policy, at_begin(policy, current, history, now), direction);
    const bool farther = chosen && (direction > 0 ? next > *chosen : next < *chosen);
    if (!chosen || farther == (rules.selectPolicy == config::SelectPolicy::max)) chosen = next;
  }
  // Changes by hand in the period may have gone farther; they are not taken back.
  return direction > 0 ? std::max(here, chosen.value_or(here)) : std::min(here, chosen.value_or(here));
}

}  // namespace

void History::forget(base::SteadyTime now) {
  std::erase_if(recommended, [&](const Recommended& one) { return one.at <= now - kLongest; });
  std::erase_if(steps, [&](const Step& one) { return one.at <= now - kLongest; });
}

Limited limit(const config::AutoscalerSpec& spec, std::size_t current, std::size_t desired, History& history,
              base::SteadyTime now) {
  const seconds longest = std::max(window_of(spec.behavior.scaleUp), window_of(spec.behavior.scaleDown));
  // At the start, after a long rollout or without metrics for long, there is no recommendation that counts.
  if (std::ranges::none_of(history.recommended, [&](const auto& one) { return one.at > now - longest; }))
    history.recommended.push_back({now, current});
  const auto [stable, able] = stabilise(spec.behavior, current, desired, history, now);
  history.recommended.push_back({now, desired});
  history.forget(now);
  const auto wish = static_cast<std::int64_t>(stable);
  if (stable > current) {
    const std::int64_t fastest = farthest(spec.behavior.scaleUp, current, history, now, 1);
    const auto most = static_cast<std::int64_t>(spec.maxReplicas);
    if (wish > std::min(fastest, most))
      return {static_cast<std::size_t>(std::min(fastest, most)), able,
              fastest < most ? "ScaleUpLimit" : "TooManyReplicas"};
  }
  if (stable < current) {
    const std::int64_t fastest = farthest(spec.behavior.scaleDown, current, history, now, -1);
    const auto least = static_cast<std::int64_t>(spec.minReplicas);
    if (wish < std::max(fastest, least))
      return {static_cast<std::size_t>(std::max(fastest, least)), able,
              fastest > least ? "ScaleDownLimit" : "TooFewReplicas"};
  }
  return {stable, able, "DesiredWithinRange"};
}

}  // namespace autoscale
