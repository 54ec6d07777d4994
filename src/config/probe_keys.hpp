#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/duration.hpp"

/// Keys of probes of every kind.
namespace config {

/// A T or a const T, so that one list of fields serves readers and writers.
template <class C, class T>
concept Of = std::same_as<std::remove_const_t<C>, T>;

/// Thresholds of one level: all that are given must be reached. None: this level has no rule.
struct LevelRule {
  /// Free units.
  std::optional<double> free{};
  /// Free units to all units, from 0 to 1.
  std::optional<double> ratio{};
  std::optional<double> score{};

  bool empty() const { return !free && !ratio && !score; }
  bool operator==(const LevelRule&) const = default;
};

template <Of<LevelRule> C, class Visit>
void fields(C& rule, Visit&& visit) {
  visit("free", rule.free);
  visit("ratio", rule.ratio);
  visit("score", rule.score);
}

/// Levels from numbers: HIGH where `high` holds, else MEDIUM where `medium` holds, else LOW. Without any rule, free
/// units alone give HIGH at a quarter of all, MEDIUM at one unit.
struct Levels {
  LevelRule high{};
  LevelRule medium{};

  bool operator==(const Levels&) const = default;
};

template <Of<Levels> C, class Visit>
void fields(C& levels, Visit&& visit) {
  visit("high", levels.high);
  visit("medium", levels.medium);
}

/// At most so many runs in any window of this length, over all replicas.
struct Budget {
  std::uint64_t calls = 0;
  base::Duration window{0};

  bool operator==(const Budget&) const = default;
};

/// An amount of memory.
struct Bytes {
  std::uint64_t count = 0;

  bool operator==(const Bytes&) const = default;
};

/// How often profiles are measured that are wanted more, and less, than others.
struct Refresh {
  /// The shortest period, of a profile that somebody watches or that has just changed. 0: all have one period, the ttl.
  base::Duration min{0};
  /// The longest period, of a quiet one; it takes the place of the ttl. 0: the ttl.
  base::Duration max{0};

  bool operator==(const Refresh&) const = default;
};

template <Of<Refresh> C, class Visit>
void fields(C& refresh, Visit&& visit) {
  visit("min", refresh.min);
  visit("max", refresh.max);
}

/// The profiles that a probe measures: globs on provider and name.
struct Match {
  std::string provider = "*";
  std::string name = "*";

  bool operator==(const Match&) const = default;
};

template <Of<Match> C, class Visit>
void fields(C& match, Visit&& visit) {
  visit("provider", match.provider);
  visit("name", match.name);
}

}  // namespace config
