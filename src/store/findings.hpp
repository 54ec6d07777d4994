#pragma once

#include <span>
#include <string>
#include <vector>

#include "sql/session.hpp"
#include "store/tasks.hpp"

/// Findings on their way into table `reading`. For a transaction that holds the locks of the board and of the tasks, so
/// that nobody else writes these readings.
namespace store {

/// A finding whose token is still the task's.
struct Settled {
  const Outcome* outcome;
  const Finding* finding;
  std::string probe;
};

/// Adds the findings of a batch whose profiles still have this probe and the same key.
void settle_batch(sql::Session& session, const Outcome& outcome, const std::string& probe,
                  std::vector<Settled>& settled);

/// Writes findings with this revision. `now` is the time to which Outcome::ended_ago refers.
void write_findings(sql::Session& session, std::span<const Settled> settled, base::Time now, core::Revision revision);

}  // namespace store
