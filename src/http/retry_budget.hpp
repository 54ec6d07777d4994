#pragma once

#include <algorithm>

#include "base/clock.hpp"

namespace http {

/// How many retries may follow each other: a token bucket, full at the beginning. Without it clients that retry at once
/// multiply the load of a service that fails because of its load. Not thread-safe.
class RetryBudget {
 public:
  /// `most` retries in a row; one more after each `refill`.
  RetryBudget(unsigned most, base::Duration refill) : most_(most), refill_(refill) {}

  /// Takes a token; false when none is left.
  bool take(base::SteadyTime now) {
    const auto full_at = std::max(full_at_, now) + refill_;
    if (full_at > now + most_ * refill_) return false;
    full_at_ = full_at;
    return true;
  }

 private:
  unsigned most_;
  base::Duration refill_;
  /// When the bucket is full again: one refill later for each token that is missing.
  base::SteadyTime full_at_{};
};

}  // namespace http
