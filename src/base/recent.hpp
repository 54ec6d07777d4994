#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/clock.hpp"

/// Recent numbers, for gauges that autoscalers read directly.
namespace base {

/// The span that counts, in whole seconds before now.
inline constexpr std::chrono::seconds kRecent{30};

/// Counts events. One thread adds, any thread reads.
class RecentCount {
 public:
  void add(SteadyTime now);
  /// Events in kRecent.
  std::uint64_t recent(SteadyTime now) const;
  /// Events since the beginning.
  std::uint64_t total() const { return total_.load(std::memory_order_relaxed); }

 private:
  struct Second {
    std::atomic<std::int64_t> number = -1;
    std::atomic<std::uint64_t> events = 0;
  };
  std::array<Second, 64> seconds_;
  std::atomic<std::uint64_t> total_ = 0;
};

/// The mean over kRecent of a number that changes, such as slots in use; over less right after the beginning.
/// Thread-safe.
class RecentMean {
 public:
  explicit RecentMean(SteadyTime now) : began_(now), since_(now) {}

  void set(double value, SteadyTime now);
  double mean(SteadyTime now);

 private:
  void account(SteadyTime now);

  struct Second {
    std::int64_t number = -1;
    /// The value's integral over this second.
    double sum = 0;
  };
  std::mutex mutex_;
  std::array<Second, 64> seconds_;
  SteadyTime began_;
  /// `value_` holds since then.
  SteadyTime since_;
  double value_ = 0;
};

}  // namespace base
