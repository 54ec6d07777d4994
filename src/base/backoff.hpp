#pragma once

#include <algorithm>
#include <random>

#include "base/jitter.hpp"

namespace base {

/// The pauses between attempts that fail: each is twice the one before, up to a longest, less up to a half at random.
/// Not thread-safe.
class Backoff {
 public:
  explicit Backoff(Duration first = std::chrono::milliseconds(200), Duration longest = std::chrono::seconds(3))
      : first_(first), longest_(longest), next_(first) {}

  /// How long to wait before the next attempt.
  Duration next() {
    const Duration pause = jittered(next_, random_);
    next_ = std::min(2 * next_, longest_);
    return pause;
  }
  /// After a success: the next pause is the first one again.
  void reset() { next_ = first_; }

 private:
  Duration first_;
  Duration longest_;
  Duration next_;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace base
