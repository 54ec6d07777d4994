#pragma once

#include <algorithm>
#include <expected>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/history.hpp"
#include "sql/session.hpp"
#include "store/tasks.hpp"

/// Findings on their way into table `reading`. For a transaction that holds the locks of the board and of the tasks, so
/// that nobody else writes these readings.
namespace store {

/// A run that ended, of a probe with more than one period.
struct PacedRun {
  TaskId task = 0;
  core::RefreshRule rule;
  bool watched = false;
  base::Time began;
  /// Taken from the first period, so that tasks added together do not stay in step.
  base::Duration phase{0};

  /// When the next one must begin.
  base::Time must() const { return began + std::max(rule.max - phase, rule.min); }
};

/// When tasks run next.
using NextRuns = std::map<TaskId, core::NextRun>;

/// The effect of a wanted finding on its profile's reading: a new one, or a failure.
struct NewReading {
  core::ProfileId profile = 0;
  std::string probe;
  /// When the probe ended.
  base::Time at;
  std::expected<core::Reading, std::string> reading;
  /// Columns told_at, told_kind, reason_at, and numbers.
  std::optional<core::LastTold> told{};
  /// Without `told`, column reason_at: since when readings are not told.
  std::optional<base::Time> untold_since{};
  std::string numbers{};
  /// Its numbers were measured for it.
  bool counts = true;
  std::optional<PacedRun> run{};
  /// Columns due_at and due_reason.
  std::optional<core::NextRun> next{};
};

/// Adds the outcome's findings; of a batch, those of profiles that still have this probe and the same key. `now` is the
/// time to which Outcome::ended_ago refers.
void add_findings(sql::Session& session, const Outcome& outcome, const std::string& probe, base::Time now,
                  const std::optional<PacedRun>& run, std::vector<NewReading>& readings);

/// Writes readings with this revision, and their history as far as it is kept; each profile once. Returns when the
/// tasks of paced runs run next: a batch when the first of its profiles is due.
NextRuns write_readings(sql::Session& session, std::vector<NewReading> readings, base::Time now,
                        core::Revision revision, const core::Retention& kept);

/// The columns of core::kNumbers, in their order, each after `before`: ", free, total, …".
std::string number_columns(std::string_view before = ", ");

}  // namespace store
