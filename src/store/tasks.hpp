#pragma once

#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "core/freshness.hpp"
#include "core/next_run.hpp"
#include "core/profile.hpp"
#include "core/reading.hpp"
#include "store/budgets.hpp"

namespace store {

using TaskId = std::int64_t;

/// What a probe has promised its profiles, so that runs before they must be do not keep others from theirs.
struct Promise {
  /// Runs that must be, per second.
  double rate = 0;
  /// After so long an early run is tried again that the limits do not allow besides those.
  base::Duration retry{0};
  /// So late may a run be that must be.
  base::Duration patience{0};
};

/// A replica's request for tasks.
struct Wanted {
  std::string probe;
  std::string owner;
  /// The largest number of tasks.
  std::size_t count = 0;
  base::Duration lease{0};
  /// Each claimed task that asks its source is counted as a run against all of them.
  std::vector<Limit> limits{};
  /// The probe discovers profiles, so a batch without profiles asks, too.
  bool discovers = false;
  /// Where the probe has more than one period.
  std::optional<Promise> promise{};
};

/// A task that this replica may run until its lease ends.
struct Claim {
  TaskId task = 0;
  /// The profiles to measure: one, or all of the probe's when it is batched.
  std::vector<core::Profile> profiles{};
  bool batched = false;
  base::Time due;
  /// Fencing token: a write with an older one is refused.
  std::int64_t token = 0;
  /// When its run was counted against the limits. Nothing: it was not.
  std::optional<base::Time> counted{};
};

struct Claimed {
  std::vector<Claim> claims;
  /// The database's clock at the claim. A task is late by `now - due`.
  base::Time now;
  /// When the probe's next free task is due, or its limits allow it; at most `now` when more could be claimed now.
  /// Nothing: there is none, or all that were wanted were claimed.
  std::optional<base::Time> next_due;
  /// How many more runs each limit allows, in the order of Wanted::limits.
  std::vector<std::uint64_t> left{};
};

/// The work that waits for a probe.
struct Backlog {
  /// When the first task without a lease is due. Nothing: there is none.
  std::optional<base::Time> due;
  /// When the first lease of a due task ends, unless it is renewed: its replica may be dead. Nothing: there is none.
  std::optional<base::Time> lease_end;
};

/// That of several probes.
struct Backlogs {
  /// The database's clock at the answer.
  base::Time now;
  /// By the probe's name.
  std::map<std::string, Backlog> of;
};

/// A run's result for one profile: a measurement, or a sentence about the failure.
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
  /// The periods, where the probe has more than one; and does somebody watch a profile of the task?
  std::optional<core::RefreshRule> refresh{};
  bool watched = false;
};

/// The interface of runners: tasks from claim to reading. Calls as in store.hpp.
class Tasks {
 public:
  virtual ~Tasks() = default;

  /// Leases due tasks to their new owner, the most overdue first, as many as are wanted and the limits allow. With a
  /// promise, those go first that must run; early ones only while the limits allow what was promised besides.
  virtual Claimed claim(const Wanted& wanted) = 0;
  /// What waits for each of `probes`. `leases`: also when leases end, which takes a look at all that is due.
  virtual Backlogs backlogs(std::span<const std::string> probes, bool leases) = 0;
  /// Extends the leases that are still this owner's. Returns the lost ones (taken over, or deleted), in their order.
  virtual std::vector<TaskId> renew(const std::string& owner, std::span<const Claim> claims, base::Duration lease) = 0;
  /// Writes readings and failures in one transaction under one new revision, each only where its token is still the
  /// task's, frees those tasks and sets when they are due next. Returns the tasks that were refused.
  virtual std::vector<TaskId> finish(std::span<const Outcome> outcomes) = 0;
  /// Writes this failure to all profiles of `probe`. Levels stay.
  virtual void fail_all(const std::string& probe, const std::string& error) = 0;
  /// Takes `keys` for all profiles of the probe's source: adds the missing ones, and removes those that an earlier call
  /// added and the source no longer has.
  virtual void discover(const std::string& probe, std::span<const core::ProfileKey> keys) = 0;
  /// Gives tasks back unfinished, due as before.
  virtual void release(const std::string& owner, std::span<const Claim> claims) = 0;
};

/// The due time after a run of a probe with one period that was due at `due`: a fixed period from start to start.
/// Periods that were missed altogether are skipped, so a task is at most one period behind when it ends.
base::Time next_due(base::Time due, base::Duration ttl, base::Time now);

}  // namespace store
