#include "refresh/backlog.hpp"

namespace refresh {

void Backlog::look(const store::Backlog& found, base::SteadyTime sent) {
  const auto on_steady_clock = [&](base::Time time) { return sent + (time - found.now); };
  const std::lock_guard lock(mutex_);
  looked_at_ = sent;
  due_ = found.due.transform(on_steady_clock);
  lease_end_ = found.lease_end.transform(on_steady_clock);
}

base::Duration Backlog::overdue(base::SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  return since(now);
}

base::Duration Backlog::overdue_when_looked() const {
  const std::lock_guard lock(mutex_);
  return since(looked_at_);
}

base::Duration Backlog::since(base::SteadyTime now) const {
  base::Duration longest{0};
  for (const auto& since : {due_, lease_end_})
    if (since) longest = std::max(longest, std::chrono::duration_cast<base::Duration>(now - *since));
  return longest;
}

}  // namespace refresh
