#include "refresh/backlog.hpp"

namespace refresh {

void Backlog::look(const store::Backlog& found, base::Time now, base::SteadyTime sent) {
  look_at_due(found.due, now, sent);
  const std::lock_guard lock(mutex_);
  lease_end_ = found.lease_end.transform([&](base::Time end) { return sent + (end - now); });
}

void Backlog::look_at_due(std::optional<base::Time> due, base::Time now, base::SteadyTime sent) {
  const std::lock_guard lock(mutex_);
  looked_at_ = sent;
  due_ = due.transform([&](base::Time time) { return sent + (time - now); });
}

base::Duration Backlog::overdue(base::SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  return since(now);
}

base::Duration Backlog::overdue_when_looked() const {
  const std::lock_guard lock(mutex_);
  return since(looked_at_);
}

std::optional<base::SteadyTime> Backlog::due() const {
  const std::lock_guard lock(mutex_);
  return due_;
}

std::optional<base::SteadyTime> Backlog::lease_end() const {
  const std::lock_guard lock(mutex_);
  return lease_end_;
}

base::Duration Backlog::since(base::SteadyTime now) const {
  base::Duration longest{0};
  for (const auto& since : {due_, lease_end_})
    if (since) longest = std::max(longest, std::chrono::duration_cast<base::Duration>(now - *since));
  return longest;
}

}  // namespace refresh
