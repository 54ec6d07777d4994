#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "board/outage.hpp"
#include "core/change.hpp"
#include "core/freshness.hpp"
#include "core/sets.hpp"
#include "core/snapshot.hpp"

namespace board {

/// Numbers of rows of each kind. Only a FRESH level counts as one: high, medium, low, stale and unknown make up the
/// total.
struct Counts {
  /// FRESH ones of that level.
  std::size_t high = 0;
  std::size_t medium = 0;
  std::size_t low = 0;
  /// STALE ones, of any level.
  std::size_t stale = 0;
  /// Profiles whose level is UNKNOWN: FRESH ones, and all that are EXPIRED or PENDING.
  std::size_t unknown = 0;
  std::size_t fresh = 0;
  std::size_t expired = 0;
  std::size_t pending = 0;
  /// Profiles whose latest attempt failed.
  std::size_t failing = 0;
  /// Those whose level changed in the last hour.
  std::size_t changed = 0;
  std::size_t total = 0;

  void add(const core::Row& row, base::Time now) { count(row, now, 1); }
  /// REQUIRES: it was added when it was as old as at `now`.
  void remove(const core::Row& row, base::Time now) { count(row, now, static_cast<std::size_t>(-1)); }

  bool operator==(const Counts&) const = default;

 private:
  void count(const core::Row& row, base::Time now, std::size_t by);
};

/// Names and columns that the rows of a board have.
struct Facets {
  /// In order.
  std::vector<std::string> providers;
  std::set<std::string> labels;
  /// Probes of which a row's latest attempt failed.
  std::set<std::string> failing_probes;
  /// Has any row something to show in the number's column?
  core::PerNumber<bool> shown;
  /// Has any row levels of the last day?
  bool recent = false;
};

/// A summary of all rows.
struct Overview {
  Counts counts;
  std::shared_ptr<const Facets> facets = std::make_shared<Facets>();
};

/// One step from a state to the next, for subscribers. An empty one means another outage, other sets, or other dead
/// letters.
struct Update {
  /// The state's number and name after it.
  std::uint64_t sequence = 0;
  core::Version version;
  /// Everything was replaced, or the clock set back: `change` is empty and the whole snapshot is needed.
  bool reset = false;
  /// No revision: the rows in `change` only aged.
  bool aged = false;
  core::Change change;
  /// The difference that it makes to the snapshot; a row that aged is both before and after. Ages are those of State's
  /// `aged_until` before and after it.
  std::vector<core::Snapshot::Step> steps;
  base::Time aged_before;
  base::Time aged_until;
};

using UpdatePtr = std::shared_ptr<const Update>;

/// The content of a board at one moment. Immutable: read it from any thread.
struct State {
  core::Version version;
  core::Snapshot snapshot;
  /// Grows by one with each update, ageing included. Equal numbers of one board mean equal content.
  std::uint64_t sequence = 0;
  /// False until the board was filled for the first time.
  bool filled = false;
  /// Recent deletions, by revision. All with a revision larger than `removed_since` are here.
  std::shared_ptr<const std::vector<core::Removed>> removed = std::make_shared<std::vector<core::Removed>>();
  core::Revision removed_since = 0;
  /// All rows as old as at `aged_until`. The rows that turn later come with an update.
  Overview overview;
  base::Time aged_until;
  /// The latest updates, oldest first, up to `sequence`.
  std::shared_ptr<const std::vector<UpdatePtr>> recent = std::make_shared<std::vector<UpdatePtr>>();
  /// Revisions that the source never gave out.
  std::shared_ptr<const std::vector<core::Gap>> gaps = std::make_shared<std::vector<core::Gap>>();
  /// The source's. They change without a revision. Never null.
  std::shared_ptr<const core::Sets> sets = std::make_shared<const core::Sets>();
  /// Messages of the source's alerts that could not be delivered. Changes without a revision.
  std::size_t dead_letters = 0;
  /// Nothing while changes come.
  std::optional<Outage> outage;
  /// The source's clock read `source_now` when our steady clock read `steady_now`.
  base::Time source_now;
  base::SteadyTime steady_now;

  /// The source's clock now: never this machine's wall clock, so that replicas agree on ages.
  base::Time now(base::SteadyTime steady) const {
    return source_now + std::chrono::duration_cast<base::Duration>(steady - steady_now);
  }

  /// The changes after `seen`. Nothing when the state does not know them (another epoch, too old, from the future, or
  /// of a lost world), so that the whole snapshot is needed.
  std::optional<core::Change> since(const core::Version& seen) const;

  /// The updates after the state with this sequence number, oldest first. Nothing when some of them are no longer kept.
  std::optional<std::span<const UpdatePtr>> updates_after(std::uint64_t seen) const;

  Counts counts(base::Time now) const;
};

using StatePtr = std::shared_ptr<const State>;

}  // namespace board
