#pragma once

#include <span>
#include <string>
#include <unordered_map>

#include "core/history.hpp"
#include "sql/session.hpp"
#include "store/findings.hpp"

/// History on its way into the tables `transition` and `summary`. For the transaction that writes the readings.
namespace store {

/// A reading to be replaced, with the columns of its history.
struct ReadingBefore {
  core::Reading reading;
  /// Nothing: an older program wrote it, or no history was kept.
  std::optional<core::LastTold> told;
  /// Since when none was kept.
  std::optional<base::Time> untold_since;
  std::string numbers;
};
using ReadingsBefore = std::unordered_map<core::ProfileId, ReadingBefore>;

/// Writes what `readings` add to the history, and sets their columns of it. Uses up what it needs of `before`.
void write_history(sql::Session& session, std::span<NewReading> readings, ReadingsBefore& before,
                   const core::Retention& kept, core::Revision revision);

}  // namespace store
