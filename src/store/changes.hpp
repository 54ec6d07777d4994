#pragma once

#include <string>
#include <vector>

#include "core/change.hpp"
#include "core/row.hpp"
#include "store/clock_watch.hpp"

namespace store {

/// The changes after a revision.
struct Polled {
  std::string epoch;
  base::Time now;
  core::Change change;
  /// More rows of plain SQL wait to be adopted: poll again at once.
  bool more = false;
  /// Steps of the database's clock since the previous poll.
  ClockWatch::Steps clock_steps{};
};

/// The interface of boards, which follow the database. Calls as in store.hpp.
class Changes {
 public:
  virtual ~Changes() = default;

  virtual core::Contents load() = 0;
  /// Rows and deletions with a revision larger than `seen`. The next `seen` is change.revision(), when not empty.
  /// Profiles that somebody inserted with plain SQL are adopted first, some thousands at a time: they get a revision
  /// like every other change.
  virtual Polled poll(core::Revision seen) = 0;
  /// Forgets tombstones older than `age`.
  virtual void forget_removed(base::Duration age) = 0;
  /// When this process last changed something in the database, on its machine's clock; 1970 before it did.
  virtual base::Time last_write() const = 0;
};

}  // namespace store
