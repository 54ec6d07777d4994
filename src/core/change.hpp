#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/row.hpp"

namespace core {

/// Names a state of the world: the database's random epoch and a revision in it. Written "EPOCH-REVISION".
struct Version {
  std::string epoch;
  Revision revision = 0;

  bool operator==(const Version&) const = default;
};

std::string to_string(const Version& version);
/// Nothing when `text` is not of the form EPOCH-REVISION.
std::optional<Version> parse_version(std::string_view text);

/// A profile that was deleted, and the change that did it.
struct Removed {
  ProfileId id = 0;
  Revision revision = 0;

  bool operator==(const Removed&) const = default;
};

/// Revisions between these two were never given out: a reader that has one has seen changes that a restored backup
/// undid.
struct Gap {
  Revision after = 0;
  Revision before = 0;

  bool contains(Revision revision) const { return after < revision && revision < before; }
};

/// What happened between two states: the rows as they are after it, and the profiles that are gone.
struct Change {
  std::vector<RowPtr> rows;
  std::vector<Removed> removed;

  bool empty() const { return rows.empty() && removed.empty(); }
  /// The largest revision in it; 0 when it is empty.
  Revision revision() const;
};

/// Everything that a source has, to start a board with.
struct Contents {
  Version version;
  /// The source's clock.
  base::Time now;
  std::vector<RowPtr> rows{};
  /// Deletions that are still remembered.
  std::vector<Removed> removed{};
  /// Deletions with a larger revision are all in `removed`; older ones may be forgotten.
  Revision removed_since = 0;
  std::vector<Gap> gaps{};
};

}  // namespace core
