#pragma once

#include <deque>
#include <string_view>

#include "base/clock.hpp"
#include "config/autoscaler.hpp"

/// How fast replicas may come and go. Kubernetes' pkg/controller/podautoscaler/horizontal.go is the reference
/// (stabilizeRecommendationWithBehaviors, convertDesiredReplicasWithBehaviorRate). Pure.
namespace autoscale {

/// Recent recommendations and changes. Times are on a steady clock, in their order.
struct History {
  struct Recommended {
    base::SteadyTime at;
    std::size_t replicas = 0;
  };
  struct Step {
    base::SteadyTime at;
    /// Replicas added, or removed below 0.
    std::int64_t change = 0;
  };
  std::deque<Recommended> recommended{};
  std::deque<Step> steps{};

  /// Drops what no window or period of autoscaling/v2 reaches.
  void forget(base::SteadyTime now);
};

/// The reasons that Kubernetes gives in the conditions AbleToScale and ScalingLimited.
struct Limited {
  std::size_t replicas = 0;
  /// ReadyForNewScale, ScaleUpStabilized or ScaleDownStabilized.
  std::string_view able;
  /// DesiredWithinRange, ScaleUpLimit, ScaleDownLimit, TooManyReplicas or TooFewReplicas.
  std::string_view limited;
};

/// Limits a recommendation of `desired` replicas: to the most cautious one of the stabilization window, to the speed of
/// the policies, and to the range. Notes the recommendation in `history`; when the windows are empty, notes `current`
/// before it.
Limited limit(const config::AutoscalerSpec& spec, std::size_t current, std::size_t desired, History& history,
              base::SteadyTime now);

}  // namespace autoscale
