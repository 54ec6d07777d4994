#include "store/clock_watch.hpp"

#include <utility>

namespace store {

void ClockWatch::compare(base::SteadyTime asked, base::Time now, base::SteadyTime answered) {
  const auto since_boot = [](base::SteadyTime time) {
    return std::chrono::duration_cast<base::Duration>(time.time_since_epoch());
  };
  const base::Duration least = now.time_since_epoch() - since_boot(answered);
  const base::Duration most = now.time_since_epoch() - since_boot(asked);
  const std::lock_guard lock(mutex_);
  const auto before = std::exchange(offset_, std::pair(least, most));
  if (!before) return;
  base::Duration by{0};
  if (least > before->second + kClockTolerance) by = least - before->second;
  if (most < before->first - kClockTolerance) by = most - before->first;
  if (by.count() == 0) return;
  ++steps_.count;
  steps_.by += by;
  if (by.count() > 0) forward_ = answered;
}

std::optional<ClockWatch::Steps> ClockWatch::take_steps() {
  const std::lock_guard lock(mutex_);
  if (steps_.count == 0) return std::nullopt;
  return std::exchange(steps_, {});
}

bool ClockWatch::stepped_forward(base::Duration age) const {
  const base::SteadyTime now = clock_.steady_now();
  const std::lock_guard lock(mutex_);
  return forward_ && now - *forward_ < age;
}

}  // namespace store
