#include "refresh/breaker.hpp"

#include <algorithm>
#include <utility>

namespace refresh {
namespace {

constexpr int kFailuresToOpen = 5;
/// A source that is back is noticed within this time, or one period when that is longer.
constexpr std::chrono::minutes kLongestPause{10};
constexpr int kMostPeriods = 10;

}  // namespace

bool Breaker::failed(base::SteadyTime began, base::SteadyTime now) {
  if (failures_++ == 0) first_failure_ = now;
  const bool opens = !open_ && failures_ >= kFailuresToOpen && now - first_failure_ >= ttl_;
  if (opens) opened_at_ = now;
  if (!opens && (!open_ || began < opened_at_)) return false;
  open_ = true;
  const base::Duration longest = std::max(ttl_, std::min<base::Duration>(kLongestPause, kMostPeriods * ttl_));
  pause_ = opens ? ttl_ : std::min(2 * pause_, longest);
  next_try_ = now + pause_;
  return opens;
}

bool Breaker::succeeded() {
  failures_ = 0;
  return std::exchange(open_, false);
}

}  // namespace refresh
