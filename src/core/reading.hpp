#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "core/level.hpp"
#include "core/quantity.hpp"
#include "core/recent_levels.hpp"

namespace core {

/// A probe's statement about one profile, before it has a time. A new number is a line in kNumbers, too.
struct Measurement {
  Level level = Level::unknown;
  /// Units that are free now, and in all.
  Quantity free;
  Quantity total;
  /// The largest request that fits in one piece now, such as on one node; `free` is the sum.
  Quantity largest;
  /// The source's own scale, as it gave it.
  Quantity score;
  /// Per unit and hour, in the source's currency.
  Quantity price;
  /// Why this level, for people: "42 of 64 nodes idle".
  std::string reason;
  /// How long before the end of the run the source measured it; 0 where it says nothing. Never negative. A Reading has
  /// it in its measured_at.
  base::Duration age{0};

  bool operator==(const Measurement&) const = default;
};

/// Which of a measurement's numbers.
using NumberOf = Quantity Measurement::*;

/// The facts about a number to read, store, serve and show it.
struct Number {
  /// A count and a cost are not negative, a scale may be. Of a cost, less is better.
  enum class Kind : std::uint8_t { count, scale, cost };

  /// The key in JSON, the column of the database and of CSV, the order of rows, the label in a plugin's output.
  std::string_view name;
  NumberOf value;
  Kind kind;
  /// The parameters that bound it.
  std::string_view least;
  std::string_view most;
  std::string_view metric;
  std::string_view help;
  /// On the profile's page.
  std::string_view title;
};

/// All numbers, in the order of the API. All readers and writers go through this list.
inline constexpr std::array kNumbers{
    Number{"free", &Measurement::free, Number::Kind::count, "min_free", "max_free", "vacancy_profile_free",
           "Units that are free, where known.", "Free"},
    Number{"total", &Measurement::total, Number::Kind::count, "min_total", "max_total", "vacancy_profile_capacity",
           "Units in all, where known.", "Total"},
    Number{"largest", &Measurement::largest, Number::Kind::count, "min_largest", "max_largest",
           "vacancy_profile_largest", "Units of the largest request that fits in one piece, where known.",
           "Largest in one piece"},
    Number{"score", &Measurement::score, Number::Kind::scale, "min_score", "max_score", "vacancy_profile_score",
           "The source's own scale, where known.", "Score"},
    Number{"price", &Measurement::price, Number::Kind::cost, "min_price", "max_price", "vacancy_profile_price",
           "Per unit and hour, in the source's currency, where known.", "Price per unit and hour"},
};

/// Numbers with a column of their own in tables for people; `free` and `total` share one.
inline constexpr std::span kColumnNumbers = std::span(kNumbers).subspan<2>();

/// Its place in kNumbers.
constexpr std::size_t index_of(NumberOf value) {
  std::size_t index = 0;
  while (kNumbers[index].value != value) ++index;
  return index;
}

/// One T for each of kNumbers.
template <class T>
struct PerNumber {
  std::array<T, kNumbers.size()> values{};

  constexpr T& operator[](NumberOf value) { return values[index_of(value)]; }
  constexpr const T& operator[](NumberOf value) const { return values[index_of(value)]; }
  bool operator==(const PerNumber&) const = default;
};

/// The value in the number's own column. `largest` is shown only if it differs from `free`.
inline std::optional<double> column_value(const Measurement& measurement, const Number& number) {
  const Quantity value = measurement.*number.value;
  if (number.value == &Measurement::largest && value == measurement.free) return std::nullopt;
  return value;
}

/// A change of the level.
struct LevelChange {
  Level from = Level::unknown;
  /// End of the probe that found the new level.
  base::Time at;

  bool operator==(const LevelChange&) const = default;
};

/// A measurement with its times. Without one, a profile is PENDING.
struct Reading : Measurement {
  /// When the source measured it: at the end of the probe unless it gave an age. On the database's clock.
  base::Time measured_at;
  /// From then on the reading is STALE: measured_at + ttl + grace.
  base::Time stale_at;
  /// From then on the level is UNKNOWN: measured_at + expire_after.
  base::Time expires_at;
  /// How long the probe ran.
  base::Duration took{0};
  /// The latest change of the level; nothing while the first one lasts.
  std::optional<LevelChange> changed{};
  /// The levels of the day that ends with the half hour of measured_at.
  RecentLevels recent{};

  bool operator==(const Reading&) const = default;
};

/// The latest attempt, when it failed. The last reading stays until it expires.
struct Failure {
  std::string error;
  base::Time failed_at;

  bool operator==(const Failure&) const = default;
};

}  // namespace core
