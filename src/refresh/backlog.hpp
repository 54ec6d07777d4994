#pragma once

#include <mutex>
#include <optional>

#include "store/tasks.hpp"

namespace refresh {

/// How late the tasks of a probe are, also while the database is away. Thread-safe.
class Backlog {
 public:
  /// Takes an answer of the store, whose clock was `now`. `sent`: when it was asked, on the steady clock.
  void look(const store::Backlog& found, base::Time now, base::SteadyTime sent);
  /// The same for an answer without leases.
  void look_at_due(std::optional<base::Time> due, base::Time now, base::SteadyTime sent);

  /// How long the oldest due task has waited for its run.
  base::Duration overdue(base::SteadyTime now) const;
  /// The same at the latest answer: it does not grow while the database is away.
  base::Duration overdue_when_looked() const;
  /// When the first free task is due.
  std::optional<base::SteadyTime> due() const;
  /// When the first lease of a due task ends, unless it is renewed.
  std::optional<base::SteadyTime> lease_end() const;

 private:
  base::Duration since(base::SteadyTime now) const;

  mutable std::mutex mutex_;
  std::optional<base::SteadyTime> due_;
  std::optional<base::SteadyTime> lease_end_;
  base::SteadyTime looked_at_;
};

}  // namespace refresh
