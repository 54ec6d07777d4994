#pragma once

#include "refresh/breaker.hpp"

namespace refresh {

/// How many tasks of a probe run at once, and how many are claimed before they have a slot. Reads no clock. Not
/// thread-safe.
class Slots {
 public:
  /// `count` tasks run at once. `ahead`: those that will get a slot shortly are claimed before they have one.
  Slots(std::size_t count, bool ahead) : count_(count), ahead_(ahead) {}

  std::size_t count() const { return count_; }
  std::size_t used() const { return used_; }
  /// Takes a slot; false when none is free.
  bool take();
  /// Gives one back.
  void give_back() { --used_; }
  /// Notes how long a run took.
  void ran(base::Duration took);

  struct Room {
    /// How many tasks to claim.
    std::size_t tasks = 0;
    /// When `tasks` changes by itself.
    base::SteadyTime changes = base::SteadyTime::max();
  };
  /// `queued` tasks are claimed and wait for a slot; `held` are claimed in all, with those whose results wait to be
  /// written.
  Room room(std::size_t queued, std::size_t held, const Breaker& breaker, base::SteadyTime now) const;

 private:
  std::size_t ahead() const;

  const std::size_t count_;
  const bool ahead_;
  std::size_t used_ = 0;
  /// Recent average of how long runs take.
  base::Duration typical_{0};
};

}  // namespace refresh
