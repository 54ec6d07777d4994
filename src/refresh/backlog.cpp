#include "refresh/backlog.hpp"

namespace refresh {

void Backlog::look(const store::Backlog& found, base::SteadyTime sent) {
  const auto on_steady_clock = [&](base::Time time) { return sent + (time - found.now); };
  const std::lock_guard lock(mutex_);
  due_ = found.due.transform(on_steady_clock);
  lease_end_ = found.lease_end.transform(on_steady_clock);
}

base::Duration Backlog::overdue(base::SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  base::Duration longest{0};
  for (const auto& since : {due_, lease_end_})
    if (since) longest = std::max(longest, std::chrono::duration_cast<base::Duration>(now - *since));
  return longest;
}

}  // namespace refresh
