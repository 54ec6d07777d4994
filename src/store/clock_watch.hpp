#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "base/clock.hpp"

namespace store {

/// The tolerance of times of the database against the expected ones. It covers slewing clocks, and the time that a
/// statement takes.
inline constexpr std::chrono::seconds kClockTolerance{1};

/// Notices when the database's clock steps, by comparing it with this machine's steady one. Thread-safe.
class ClockWatch {
 public:
  /// `clock` outlives it.
  explicit ClockWatch(const base::Clock& clock) : clock_(clock) {}

  /// Reads the database's clock by `read()`, which may throw.
  template <class F>
  base::Time look(F read) {
    const base::SteadyTime asked = clock_.steady_now();
    const base::Time now = read();
    compare(asked, now, clock_.steady_now());
    return now;
  }

  struct Steps {
    std::uint64_t count = 0;
    /// All of them together; negative: back.
    base::Duration by{0};
  };
  /// The steps since this was called last; nothing when there were none.
  std::optional<Steps> take_steps();

  /// Did it step forward less than `age` ago? Then leases that seem to be over may belong to living replicas.
  bool stepped_forward(base::Duration age) const;

 private:
  void compare(base::SteadyTime asked, base::Time now, base::SteadyTime answered);

  const base::Clock& clock_;
  mutable std::mutex mutex_;
  /// Bounds of the database's clock less the steady one, at the latest look.
  std::optional<std::pair<base::Duration, base::Duration>> offset_;
  Steps steps_;
  std::optional<base::SteadyTime> forward_;
};

}  // namespace store
