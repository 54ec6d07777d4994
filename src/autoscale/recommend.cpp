#include "autoscale/recommend.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace autoscale {
namespace {

/// More than anybody has, and few enough for a whole number.
constexpr double kMost = 1e9;

struct Usage {
  std::int64_t mean = 0;
  double ratio = 0;
};

Usage usage_of(const std::vector<std::int64_t>& values, std::int64_t target) {
  const std::int64_t sum = std::accumulate(values.begin(), values.end(), std::int64_t{0});
  const std::int64_t mean = sum / static_cast<std::int64_t>(values.size());
  return {mean, static_cast<double>(mean) / static_cast<double>(target)};
}

std::size_t rounded_up(double replicas) {
  return static_cast<std::size_t>(std::min(std::ceil(replicas), kMost));
}

double quotient(std::int64_t total, std::int64_t target) {
  return static_cast<double>(total) / static_cast<double>(target);
}

double share(const config::Quantity& quantity) {
  return static_cast<double>(quantity.milli) / 1000;
}

/// Would the assumptions about missing replicas turn up into down, or down into up?
bool turns(double before, double after) {
  return (before < 1 && after > 1) || (before > 1 && after < 1);
}

}  // namespace

std::string PodValues::nobody() const {
  return why_missing.empty() ? "no replica has a value" : "no replica has a value: " + why_missing;
}

Tolerances tolerances_of(const config::ScalingBehavior& behavior) {
  return {.up = share(behavior.scaleUp.tolerance), .down = share(behavior.scaleDown.tolerance)};
}

base::Result<Recommendation> recommend_by_pods(std::size_t current, const PodValues& pods, std::int64_t target,
                                               const Tolerances& tolerances) {
  if (pods.values.empty()) return base::fail(base::Errc::unavailable, pods.nobody());
  const Usage known = usage_of(pods.values, target);
  Recommendation recommendation{.replicas = current, .usage = known.mean, .ratio = known.ratio};
  auto values = pods.values;
  if (known.ratio < 1) values.insert(values.end(), pods.missing, target);
  if (known.ratio > 1) values.insert(values.end(), pods.missing + pods.unready, 0);
  const bool gaps = pods.missing > 0 || (pods.unready > 0 && known.ratio > 1);
  const double ratio = gaps ? usage_of(values, target).ratio : known.ratio;
  if (tolerances.contain(ratio) || turns(known.ratio, ratio)) return recommendation;
  const std::size_t wanted = rounded_up(ratio * static_cast<double>(values.size()));
  if (gaps && ((ratio < 1 && wanted > current) || (ratio > 1 && wanted < current))) return recommendation;
  recommendation.replicas = wanted;
  return recommendation;
}

Recommendation recommend_by_average(std::size_t current, std::int64_t total, std::int64_t target,
                                    const Tolerances& tolerances) {
  const auto replicas = static_cast<std::int64_t>(current);
  const double ratio = quotient(total, target) / static_cast<double>(current);
  return {.replicas = tolerances.contain(ratio) ? current : rounded_up(quotient(total, target)),
          .usage = (total + replicas - 1) / replicas,
          .ratio = ratio};
}

Recommendation recommend_by_value(std::size_t current, std::size_t ready, std::int64_t total, std::int64_t target,
                                  const Tolerances& tolerances) {
  const double ratio = quotient(total, target);
  return {.replicas = tolerances.contain(ratio) ? current : rounded_up(ratio * static_cast<double>(ready)),
          .usage = total,
          .ratio = ratio};
}

}  // namespace autoscale
