#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/profile.hpp"
#include "core/reading.hpp"

namespace core {

/// A profile with its latest reading, as of `revision`. What a board shows and a feed carries.
struct Row {
  Profile profile;
  /// The committed change that made the row what it is.
  Revision revision = 0;
  /// The probe that measures it; empty when none matches.
  std::string probe;
  std::optional<Reading> reading;
  std::optional<Failure> failure;

  bool operator==(const Row&) const = default;
};

/// Rows are immutable once shared: snapshots and changes hold the same ones.
using RowPtr = std::shared_ptr<const Row>;

}  // namespace core
