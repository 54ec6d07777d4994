#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/autoscaler.hpp"

/// How many replicas a metric asks for. Kubernetes' pkg/controller/podautoscaler/replica_calculator.go is the
/// reference, whole numbers of thousandths included. Pure.
namespace autoscale {

/// The known values of a metric of the replicas.
struct PodValues {
  /// Of those that have one, in thousandths.
  std::vector<std::int64_t> values{};
  /// Running replicas without a value.
  std::size_t missing = 0;
  /// Replicas that do not run yet.
  std::size_t unready = 0;
  /// "1 without an answer, 2 with a first sample".
  std::string why_missing{};

  /// A sentence for when no replica has a value.
  std::string nobody() const;
};

/// Usage to its target stays without a step from 1 - down to 1 + up.
struct Tolerances {
  double up = 0.1;
  double down = 0.1;

  bool contain(double ratio) const { return 1 - down <= ratio && ratio <= 1 + up; }
};

Tolerances tolerances_of(const config::ScalingBehavior& behavior);

struct Recommendation {
  std::size_t replicas = 0;
  /// The mean of a replica, or the sum, in thousandths.
  std::int64_t usage = 0;
  /// Of usage to target, before assumptions about what is missing.
  double ratio = 0;
};

/// Type Pods: the mean of `pods` is to be `target`. Missing replicas count as at their target when the number would
/// fall and as idle when it would rise, as do unready ones. unavailable: no replica has a value.
base::Result<Recommendation> recommend_by_pods(std::size_t current, const PodValues& pods, std::int64_t target,
                                               const Tolerances& tolerances);

/// Type External, AverageValue: `total` divided by all replicas is to be `target`.
Recommendation recommend_by_average(std::size_t current, std::int64_t total, std::int64_t target,
                                    const Tolerances& tolerances);

/// Type External, Value: `total` is to be `target`; it falls as replicas are added.
Recommendation recommend_by_value(std::size_t current, std::size_t ready, std::int64_t total, std::int64_t target,
                                  const Tolerances& tolerances);

}  // namespace autoscale
