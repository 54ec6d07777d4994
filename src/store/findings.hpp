#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "sql/session.hpp"
#include "store/store.hpp"

/// What probes found out, on its way into table `reading`. Only for a transaction that holds the board's lock and the
/// tasks' ones, so that nobody else writes these readings.
namespace store {

/// What a finding that is still wanted makes of its profile's reading: another one, or its failure.
struct NewReading {
  core::ProfileId profile = 0;
  std::string probe;
  /// When the probe ended.
  base::Time at;
  std::expected<core::Reading, std::string> reading;
};

/// Adds what the outcome's findings make, of a batch those whose profile is still the probe's, with the same key. `now`
/// is when Outcome::ended_ago was counted.
void add_findings(sql::Session& session, const Outcome& outcome, const std::string& probe, base::Time now,
                  std::vector<NewReading>& readings);

/// Writes them with this revision, those of each profile in their order.
void write_readings(sql::Session& session, std::span<const NewReading> readings, base::Time now,
                    core::Revision revision);

/// The columns of core::kNumbers, in their order, each after `before`: ", free, total, …".
std::string number_columns(std::string_view before = ", ");

}  // namespace store
