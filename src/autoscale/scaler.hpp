#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "autoscale/behavior.hpp"
#include "autoscale/recommend.hpp"

namespace autoscale {

/// The present state of a service.
struct Seen {
  /// How many replicas it should have now; without a meaning while it is busy.
  std::size_t current = 0;
  /// Why nothing may be changed now, such as a rollout; "" when it may.
  std::string busy{};
  /// In the order of spec.metrics.
  std::vector<PodValues> metrics{};
};

/// The number that a metric asks for, or why it is unknown.
struct Asked {
  std::string metric;
  std::int64_t target = 0;
  base::Result<Recommendation> recommendation;
};

struct Decision {
  std::size_t current = 0;
  /// `current` when nothing is to be changed.
  std::size_t desired = 0;
  /// In the terms of Kubernetes, the most important first.
  std::vector<std::string_view> reasons{};
  std::vector<Asked> asked{};
  std::string busy{};

  bool steps() const { return desired != current; }
};

/// Terms of Kubernetes that are not of Limited. RolloutUnderWay is our own: Kubernetes goes on and counts old and new
/// replicas together (kubernetes#72775).
inline constexpr std::string_view kDisabled = "ScalingDisabled";
inline constexpr std::string_view kRollout = "RolloutUnderWay";
inline constexpr std::string_view kNoMetrics = "FailedGetMetrics";
inline constexpr std::string_view kRescaled = "SuccessfulRescale";
inline constexpr std::string_view kNotRescaled = "FailedRescale";

/// Decides how many replicas a service should have, as the controller of autoscaling/v2 does. Pure: the time is the
/// caller's, on a steady clock.
class Scaler {
 public:
  explicit Scaler(config::AutoscalerSpec spec) : spec_(std::move(spec)) {}

  /// Notes what it recommends.
  Decision decide(const Seen& seen, base::SteadyTime now);
  /// A decision was carried out.
  void stepped(const Decision& decision, base::SteadyTime now);

  const History& history() const { return history_; }
  /// Goes on from the state of an earlier process.
  void restore(History history) { history_ = std::move(history); }

 private:
  std::vector<Asked> ask(const Seen& seen) const;

  config::AutoscalerSpec spec_;
  History history_;
};

/// A line for the log: "portal: 1 -> 5 replicas, SuccessfulRescale, …: x 200 of 40 (ratio 5.00, 5 replicas)".
std::string to_text(const std::string& service, const Decision& decision);

}  // namespace autoscale
