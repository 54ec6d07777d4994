#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "core/change.hpp"
#include "core/freshness.hpp"
#include "core/profile.hpp"
#include "core/row.hpp"
#include "store/clock_watch.hpp"

namespace store {

using TaskId = std::int64_t;

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

/// Which probe measures a profile from now on.
struct Assignment {
  core::ProfileId profile = 0;
  /// core::kNoProbe: no probe measures it, and it has no task.
  std::string probe;
  /// Period of the probe, the same for all of its profiles. The first run is due at once; a part of one period, another
  /// for each profile, is taken from the second, so that profiles added together do not stay in step.
  base::Duration ttl{0};
  /// The probe has one task for all of its profiles, which prepare() made.
  bool batched = false;
};

/// At most `calls` runs of a probe in any `window`.
struct Limit {
  std::uint64_t calls = 0;
  base::Duration window{0};
};

/// What a replica wants to run.
struct Wanted {
  std::string probe;
  std::string owner;
  /// Most tasks at once.
  std::size_t count = 0;
  base::Duration lease{0};
  /// Every claimed task that has something to ask is counted as a run against all of them.
  std::vector<Limit> limits{};
  /// A batch without profiles asks, too: which ones there are.
  bool discovers = false;
};

/// A task that this replica may run until its lease ends.
struct Claim {
  TaskId task = 0;
  /// What it measures: one profile, or all of the probe's when it is batched.
  std::vector<core::Profile> profiles{};
  bool batched = false;
  base::Time due;
  /// Fencing token: a write with an older one is refused.
  std::int64_t token = 0;
  /// When its run was counted against the limits; nothing: it was not.
  std::optional<base::Time> counted{};
};

/// What became of a profile to be.
struct Added {
  core::ProfileId id = 0;
  /// A profile with this key was there before, and stays as it is.
  bool existed = false;
};

struct Claimed {
  std::vector<Claim> claims;
  /// The database's clock at the claim: how late a task is, is `now - due`.
  base::Time now;
  /// When the probe's next free task is due, or its limits let it run; not later than `now` when there are more than
  /// these. Nothing: there is none, or as many as were wanted were claimed.
  std::optional<base::Time> next_due;
  /// When the first lease of a task that is due ends, unless it is renewed: its replica may be dead. Nothing: as above.
  std::optional<base::Time> next_lease_end;
  /// How many more runs each limit allows, in the order of Wanted::limits.
  std::vector<std::uint64_t> left{};
};

/// What is to be done for a probe.
struct Backlog {
  /// The database's clock at the look.
  base::Time now;
  /// When the first task that nobody runs is due. Nothing: there is none.
  std::optional<base::Time> due;
  /// When the first lease of a task that is due ends, unless it is renewed. Nothing: there is none.
  std::optional<base::Time> lease_end;
};

/// What a run found out about one profile: a measurement, or the sentence that says what failed.
struct Finding {
  core::Profile profile;
  std::expected<core::Measurement, std::string> result;
};

/// How a task ended.
struct Outcome {
  TaskId task = 0;
  std::int64_t token = 0;
  bool batched = false;
  /// One for each profile of the claim.
  std::vector<Finding> findings{};
  /// How long the probe ran, and how long ago it ended, on the caller's steady clock.
  base::Duration took{0};
  base::Duration ended_ago{0};
  core::FreshnessRule rule;
};

/// The database: profiles, tasks with their leases, and latest readings. An interface because the database is a real
/// boundary, with an in-memory fake for tests.
///
/// Thread-safe. Every call blocks: make it from an OffloadPool. Throws base::Lost when the database is not reachable.
/// All times are the database's clock, so that replicas with skewed clocks agree.
class Store {
 public:
  virtual ~Store() = default;

  virtual Loaded load() = 0;
  /// Rows and deletions with a revision larger than `seen`. The next `seen` is change.revision(), when not empty.
  /// Profiles that somebody inserted with plain SQL are adopted first, some thousands at a time: they get a revision
  /// like every other change.
  virtual Polled poll(core::Revision seen) = 0;

  /// conflict: a profile with this key exists.
  base::Result<core::Profile> add(const core::ProfileKey& key, const core::Labels& labels = {});
  /// Adds all that do not exist, in one transaction; says of each, in their order, what became of it.
  virtual std::vector<Added> add_all(std::span<const core::NewProfile> profiles) = 0;
  /// Adds those that do not exist, and gives the others those of their labels that they do not have so. Returns how
  /// many it added.
  virtual std::size_t add_missing(std::span<const core::NewProfile> profiles) = 0;
  /// Gives profile `id` another key and forgets its reading, which was measured for the old one; with the same key the
  /// reading stays. Gives it `labels`, if there are any, in the same transaction. not_found, conflict.
  virtual base::Result<core::Profile> change(core::ProfileId id, const core::ProfileKey& key,
                                             const std::optional<core::Labels>& labels) = 0;
  base::Result<core::Profile> replace(core::ProfileId id, const core::ProfileKey& key) { return change(id, key, {}); }
  /// Gives a profile these labels instead of those it had. not_found.
  virtual base::Result<void> set_labels(core::ProfileId id, const core::Labels& labels) = 0;
  /// The profile with this key and its labels. not_found.
  virtual base::Result<core::Profile> find(const core::ProfileKey& key) = 0;
  /// All profiles with their labels, ordered by provider and name.
  virtual std::vector<core::Profile> profiles() = 0;
  /// not_found. Leaves a tombstone.
  virtual base::Result<void> remove(core::ProfileId id) = 0;
  /// Forgets tombstones older than `age`.
  virtual void forget_removed(base::Duration age) = 0;

  /// Makes the tasks of `probe` fit its configuration: one in all when `batched`, else one for each of its profiles;
  /// and none due later than a period from now, should the period have become shorter.
  virtual void prepare(const std::string& probe, base::Duration ttl, bool batched) = 0;
  virtual void assign(std::span<const Assignment> assignments) = 0;
  /// Leases due tasks to their owner, the most overdue first, as many as are wanted and the limits allow.
  virtual Claimed claim(const Wanted& wanted) = 0;
  virtual Backlog backlog(const std::string& probe) = 0;
  /// Counts one run of `probe` against its limits; returns when, or nothing when they allow none.
  virtual std::optional<base::Time> spend(const std::string& probe, std::span<const Limit> limits) = 0;
  /// Takes back runs of `probe` that were counted at these times and did not happen.
  virtual void refund(const std::string& probe, std::span<const Limit> limits, std::span<const base::Time> runs) = 0;
  /// How many more runs of `probe` each of its limits allows now.
  virtual std::vector<std::uint64_t> left(const std::string& probe, std::span<const Limit> limits) = 0;
  /// Extends the leases that are still this owner's. Returns the claims that are lost (taken over, or deleted), in
  /// their order.
  virtual std::vector<TaskId> renew(const std::string& owner, std::span<const Claim> claims, base::Duration lease) = 0;
  /// Writes readings and failures in one transaction under one new revision, each only where its token is still the
  /// task's, frees those tasks and sets when they are due next. Returns the tasks that were refused.
  virtual std::vector<TaskId> finish(std::span<const Outcome> outcomes) = 0;
  /// Notes at every profile of `probe` that it cannot be measured. Levels stay.
  virtual void fail_all(const std::string& probe, const std::string& error) = 0;
  /// These are all profiles that `probe` knows of: adds those that do not exist, and removes those that an earlier call
  /// added and that are gone.
  virtual void discover(const std::string& probe, std::span<const core::ProfileKey> keys) = 0;
  /// Gives tasks back unfinished, due as before.
  virtual void release(const std::string& owner, std::span<const Claim> claims) = 0;
};

/// The due time after a run that was due at `due`: a fixed period from start to start. Periods that were missed
/// altogether are skipped, so a task is at most one period behind when it ends.
base::Time next_due(base::Time due, base::Duration ttl, base::Time now);

}  // namespace store
