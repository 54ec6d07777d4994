#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "core/pattern.hpp"
#include "core/row.hpp"

namespace core {

/// The most units that somebody can wait for.
constexpr std::uint32_t kMostFree = 1'000'000'000;

/// A condition to wait for: profiles that are available enough, for long enough.
struct Condition {
  /// At least one.
  std::vector<Pattern> patterns;
  /// Every profile that matches must satisfy, and each pattern match one; else a single profile suffices.
  bool all = false;
  /// LOW to HIGH: UNKNOWN never satisfies.
  Level at_least = Level::medium;
  /// Units that one request must get: a row's `largest` where it is known, else its `free`. A row without either never
  /// satisfies.
  std::optional<double> free;
  /// Units that must be free in all. A row without `free` never satisfies.
  std::optional<double> total_free;
  /// The condition must hold continuously for this long, for the same profile.
  base::Duration hold{0};

  bool matches(const ProfileKey& key) const;
  /// Is the row's reading good enough, however old? Only one that is FRESH counts: look at its stale_at.
  bool met_by(const Row& row) const;
};

/// "LOW", "medium", …: any case, but not UNKNOWN.
base::Result<Level> parse_at_least(std::string_view text);

/// A profile that satisfies without interruption, as far as its readings tell. It counts while its row is FRESH.
struct Hold {
  /// When the first of these readings was measured.
  base::Time since;
  /// The latest one's stale_at: from then on it is interrupted.
  base::Time until;

  bool operator==(const Hold&) const = default;
};

/// The hold after a reading that meets the condition. It goes on from `before` when that was not stale yet: no more
/// than a period and the grace lie between, so hardly a reading was missed, wherever the reader was meanwhile.
Hold continued(const std::optional<Hold>& before, const Reading& reading);

}  // namespace core
