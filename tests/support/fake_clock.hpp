#pragma once

#include <atomic>

#include "base/clock.hpp"

namespace support {

/// A clock that moves by hand: both of its times together, or the wall clock alone. Thread-safe.
class FakeClock final : public base::Clock {
 public:
  /// Any day will do, as long as it is after 1970.
  static constexpr base::Time kStart{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

  base::SteadyTime steady_now() const override {
    return base::SteadyTime{std::chrono::hours{1} + base::Duration{steady_}};
  }
  base::Time wall_now() const override { return base::Time{base::Duration{wall_}}; }

  void advance(base::Duration by) {
    steady_ += by.count();
    wall_ += by.count();
  }
  /// As when somebody sets the machine's clock.
  void set_wall(base::Time time) { wall_ = time.time_since_epoch().count(); }

 private:
  std::atomic<base::Duration::rep> steady_{0};
  std::atomic<base::Duration::rep> wall_{kStart.time_since_epoch().count()};
};

}  // namespace support
