#pragma once

#include <string>
#include <vector>

#include "core/change.hpp"
#include "core/row.hpp"
#include "store/clock_watch.hpp"

namespace store {

/// Everything, to start a board with.
struct Loaded {
  core::Version version;
  /// The database's clock at the read.
  base::Time now;
  std::vector<core::RowPtr> rows;
  /// Deletions that are still remembered.
  std::vector<core::Removed> removed;
  /// Deletions with a larger revision are all in `removed`; older ones may be forgotten.
  core::Revision removed_since = 0;
  std::vector<core::Gap> gaps;
};

/// What changed after a revision.
struct Polled {
  std::string epoch;
  base::Time now;
  core::Change change;
  /// More rows of plain SQL wait to be adopted: the next poll need not be waited for.
  bool more = false;
  /// Steps of the database's clock since the last poll.
  ClockWatch::Steps clock_steps{};
};

/// The database as boards follow it. Calls as in store.hpp.
class Changes {
 public:
  virtual ~Changes() = default;

  virtual Loaded load() = 0;
  /// Rows and deletions with a revision larger than `seen`. The next `seen` is change.revision(), when not empty.
  /// Profiles that somebody inserted with plain SQL are adopted first, some thousands at a time: they get a revision
  /// like every other change.
  virtual Polled poll(core::Revision seen) = 0;
  /// Forgets tombstones older than `age`.
  virtual void forget_removed(base::Duration age) = 0;
};

}  // namespace store
