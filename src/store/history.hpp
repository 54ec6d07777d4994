#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "core/evidence.hpp"
#include "core/history.hpp"
#include "core/profile.hpp"
#include "core/reading.hpp"

namespace store {

/// From `from` (inclusive) to `to` (exclusive).
struct Between {
  base::Time from;
  base::Time to;
};

/// A profile as it was at a past time.
struct PastRow {
  core::Profile profile;
  /// The state in force at that time; nothing when none is kept.
  std::optional<core::Transition> state;
};

/// What one step of pruning did.
struct Pruned {
  /// Rows that it deleted.
  std::int64_t rows = 0;
  /// There is more to do.
  bool more = false;
};

/// The interface of history. finish() of Tasks writes it, in the same transaction as the readings. Calls as in
/// store.hpp.
class History {
 public:
  virtual ~History() = default;

  /// The transitions of a profile in `between`, oldest first, preceded by the one in force at `between.from` where one
  /// is kept. Of more than `limit` the latest are returned. A loss of freshness that no later reading ended is not
  /// written yet: the profile's stale_at and expires_at tell it.
  virtual std::vector<core::Transition> transitions(core::ProfileId profile, const Between& between,
                                                    std::size_t limit) = 0;
  /// The buckets of a number that begin in `between`, oldest first, at most `limit` of the latest; with the one under
  /// way. Buckets of five minutes that are hours by now, and hours that are days, are not among them.
  virtual std::vector<core::Bucket> numbers(core::ProfileId profile, core::NumberOf number, core::Span span,
                                            const Between& between, std::size_t limit) = 0;
  /// The present profiles after `after` in the order of keys, at most `limit`, as they were at `time`.
  virtual std::vector<PastRow> board_at(base::Time time, const core::ProfileKey& after, std::size_t limit) = 0;
  /// Transitions with a revision above `seen`, in the order of revision, profile and time: whole revisions only,
  /// `limit` or somewhat more.
  virtual std::vector<core::LoggedTransition> transitions_after(core::Revision seen, std::size_t limit) = 0;
  /// The latest transitions of all profiles, the newest first.
  virtual std::vector<core::LoggedTransition> latest_transitions(std::size_t limit) = 0;
  /// The latest transitions of `profiles`, sql::kListSize at most, by time, the newest first. REQUIRES: profiles.
  virtual std::vector<core::LoggedTransition> latest_transitions_of(std::span<const core::ProfileId> profiles,
                                                                    std::size_t limit) = 0;

  /// The launches in `between` that observe() of Observations has counted, by profile: of those that have any, or of
  /// `profile` alone.
  virtual std::map<core::ProfileId, core::Calibration> calibration(const Between& between,
                                                                   std::optional<core::ProfileId> profile = {}) = 0;

  /// How long history is kept from now on. Until it is called, as long as core::Retention says by itself.
  virtual void keep(const core::Retention& retention) = 0;
  /// True for one replica per `period`: it prunes.
  virtual bool take_turn(base::Duration period) = 0;
  /// One step, a short transaction: deletes some of what is older than it is kept, and of profiles that are gone;
  /// launches are kept as long as transitions.
  /// Buckets of five minutes become hours then, and hours become days.
  virtual Pruned prune() = 0;
};

}  // namespace store
