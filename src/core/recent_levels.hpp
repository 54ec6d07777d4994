#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "core/level.hpp"

namespace core {

/// The lowest level that was observed in each of 48 half hours: a day, in 16 bytes. They are half hours of UTC, and the
/// last one is that of the reading which has them.
class RecentLevels {
 public:
  static constexpr int kHalfHours = 48;
  static constexpr std::chrono::minutes kLength{30};
  /// The half hour of a time, counted from 1970.
  static constexpr std::int64_t half_hour(base::Time time) {
    return std::chrono::floor<HalfHours>(time).time_since_epoch().count();
  }

  RecentLevels() = default;
  /// The other way round of low_bits() and high_bits().
  RecentLevels(std::int64_t low_bits, std::int64_t high_bits)
      : low_(static_cast<std::uint64_t>(low_bits) & kAll), high_(static_cast<std::uint64_t>(high_bits) & kAll) {}

  /// The level `ago` half hours before the last one, from 0 to 47. UNKNOWN: nothing was observed.
  Level at(int ago) const;
  bool empty() const { return (low_ | high_) == 0; }
  /// Both bits of all levels, to be stored: bit `ago` is that of at(ago).
  std::int64_t low_bits() const { return static_cast<std::int64_t>(low_); }
  std::int64_t high_bits() const { return static_cast<std::int64_t>(high_); }

  /// The lowest of several levels stays. Does nothing for UNKNOWN, and outside of the day.
  void observe(std::int64_t ago, Level level);
  /// Another half hour is the last: `count` later ones, or earlier ones where the clock was set back.
  void move(std::int64_t count);

  using Letters = std::array<char, kHalfHours>;
  /// H, M and L, '-' where nothing was observed; the oldest first, from the first that was observed. Written to
  /// `letters`, of which it is a part.
  std::string_view text(Letters& letters) const;
  /// Reads text(); nothing when it is none.
  static std::optional<RecentLevels> parse(std::string_view text);

  bool operator==(const RecentLevels&) const = default;

 private:
  using HalfHours = std::chrono::duration<std::int64_t, std::ratio<1800>>;
  static constexpr std::uint64_t kAll = (std::uint64_t{1} << kHalfHours) - 1;

  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
};

}  // namespace core
