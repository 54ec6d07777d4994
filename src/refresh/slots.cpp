#include "refresh/slots.hpp"

#include <algorithm>

namespace refresh {
namespace {

/// Tasks that will get a slot in this time are claimed before they have one, so that short runs do not wait for the
/// database; longer ones are left to replicas that have a slot.
constexpr std::chrono::milliseconds kClaimedAhead{25};
constexpr std::size_t kMostAhead = 128;
/// Runs in the average.
constexpr int kRemembered = 16;

}  // namespace

bool Slots::take() {
  if (used_ >= count_) return false;
  ++used_;
  return true;
}

void Slots::ran(base::Duration took) {
  typical_ += (std::max(took, base::Duration{1}) - typical_) / (typical_.count() == 0 ? 1 : kRemembered);
}

std::size_t Slots::ahead() const {
  if (!ahead_ || typical_.count() == 0 || typical_ > kClaimedAhead) return 0;
  return std::min(kMostAhead, count_ * static_cast<std::size_t>(kClaimedAhead / typical_));
}

Slots::Room Slots::room(std::size_t queued, std::size_t held, const Breaker& breaker, base::SteadyTime now) const {
  if (now < breaker.rests_until()) return {.tasks = 0, .changes = breaker.rests_until()};
  const std::size_t most = count_ + ahead();
  if (!breaker.open()) return {.tasks = most - std::min(most, used_ + queued)};
  // One run at a time is tried.
  if (held > 0) return {};
  if (breaker.next_try() <= now) return {.tasks = 1};
  return {.tasks = 0, .changes = breaker.next_try()};
}

}  // namespace refresh
