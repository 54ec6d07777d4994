#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/boxed.hpp"
#include "core/next_run.hpp"
#include "core/profile.hpp"
#include "core/reading.hpp"
#include "core/word.hpp"

namespace core {

/// The probe of rows that no probe matches. No probe can have this name.
inline constexpr std::string_view kNoProbe = "(none)";

/// A profile with its latest reading, as of `revision`. What a board shows and a feed carries.
struct Row {
  Profile profile;
  /// The committed change that made the row what it is.
  Revision revision = 0;
  /// The probe that measures it, or kNoProbe; empty until it is assigned.
  Word probe;
  std::optional<Reading> reading;
  base::Boxed<Failure> failure;
  /// The next measurement, where the probe has more than one period.
  base::Boxed<NextRun> next;
  /// What `free` and `total` count, such as "GPUs"; "" where nobody says. Of the probe's configuration, not stored.
  Word unit{};
  /// Its levels are made up, by a probe of kind `simulated`. Of the probe's configuration, not stored.
  bool simulated = false;

  bool operator==(const Row&) const = default;
};

/// Rows are immutable once shared: snapshots and changes hold the same ones.
using RowPtr = std::shared_ptr<const Row>;

}  // namespace core
