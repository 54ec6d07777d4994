#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace refresh {

/// Slows a probe down while its source is down. Opens after a whole period of failures only, five at least. While it is
/// open, one run at a time is tried, after pauses that double, until one succeeds. A source may also ask for a rest.
/// Not thread-safe.
class Breaker {
 public:
  explicit Breaker(base::Duration ttl) : ttl_(ttl) {}

  /// Both return whether the run opened or closed it. A run that `began` before it opened makes no pause longer.
  bool failed(base::SteadyTime began, base::SteadyTime now);
  bool succeeded();

  /// The source asks for no run before `when`.
  void rest_until(base::SteadyTime when) { rests_until_ = std::max(rests_until_, when); }
  base::SteadyTime rests_until() const { return rests_until_; }

  bool open() const { return open_; }
  /// Failures since the last success.
  int failures() const { return failures_; }
  /// While open: when the next run may begin.
  base::SteadyTime next_try() const { return next_try_; }

 private:
  base::Duration ttl_;
  int failures_ = 0;
  base::SteadyTime first_failure_;
  bool open_ = false;
  base::SteadyTime opened_at_;
  base::Duration pause_{0};
  base::SteadyTime next_try_;
  base::SteadyTime rests_until_{};
};

}  // namespace refresh
