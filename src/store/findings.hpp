#pragma once

#include <span>
#include <string>
#include <vector>

#include "sql/session.hpp"
#include "store/tasks.hpp"

/// What probes found out, on its way into table `reading`. Only for a transaction that holds the board's lock and the
/// tasks' ones, so that nobody else writes these readings.
namespace store {

/// A finding that is still wanted.
struct Settled {
  const Outcome* outcome;
  const Finding* finding;
  std::string probe;
};

/// Adds those findings of a batch whose profile is still the probe's, with the same key.
void settle_batch(sql::Session& session, const Outcome& outcome, const std::string& probe,
                  std::vector<Settled>& settled);

/// Writes them with this revision. `now` is when Outcome::ended_ago was counted.
void write_findings(sql::Session& session, std::span<const Settled> settled, base::Time now, core::Revision revision);

}  // namespace store
