#pragma once

#include <mutex>
#include <optional>

#include "store/tasks.hpp"

namespace refresh {

/// How late the tasks of a probe are, also while the database is away. Thread-safe.
class Backlog {
 public:
  /// Takes an answer of the store. `sent`: when it was asked, on the steady clock.
  void look(const store::Backlog& found, base::SteadyTime sent);

  /// How long the oldest due task has waited for its run.
  base::Duration overdue(base::SteadyTime now) const;
  /// The same at the latest answer: it does not grow while the database is away.
  base::Duration overdue_when_looked() const;

 private:
  base::Duration since(base::SteadyTime now) const;

  mutable std::mutex mutex_;
  /// When the first free task is due, and when the first lease of one that runs ends unless it is renewed.
  std::optional<base::SteadyTime> due_;
  std::optional<base::SteadyTime> lease_end_;
  base::SteadyTime looked_at_;
};

}  // namespace refresh
