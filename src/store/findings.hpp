#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "core/history.hpp"
#include "sql/session.hpp"
#include "store/tasks.hpp"

/// Findings on their way into table `reading`. For a transaction that holds the locks of the board and of the tasks, so
/// that nobody else writes these readings.
namespace store {

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
};

/// Adds the outcome's findings; of a batch, those of profiles that still have this probe and the same key. `now` is the
/// time to which Outcome::ended_ago refers.
void add_findings(sql::Session& session, const Outcome& outcome, const std::string& probe, base::Time now,
                  std::vector<NewReading>& readings);

/// Writes readings with this revision, and their history as far as it is kept; each profile once.
void write_readings(sql::Session& session, std::span<const NewReading> readings, base::Time now,
                    core::Revision revision, const core::Retention& kept);

/// The columns of core::kNumbers, in their order, each after `before`: ", free, total, …".
std::string number_columns(std::string_view before = ", ");

}  // namespace store
