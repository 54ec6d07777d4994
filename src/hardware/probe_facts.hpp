#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "core/row.hpp"

namespace hardware {

/// The facts of a row that its probe's configuration has: the unit, and whether its levels are simulated. Not
/// thread-safe.
class ProbeFacts {
 public:
  explicit ProbeFacts(const std::vector<config::ProbeConfig>& probes) { set(probes); }

  /// Uses these probes from now on. A row on a board changes with its next revision.
  void set(const std::vector<config::ProbeConfig>& probes);

  /// Gives rows their facts: copies of them, where others have the rows, too. REQUIRES: none is in an object that is
  /// const itself.
  void add(std::vector<core::RowPtr>& rows) const;

 private:
  /// By name, without probes without facts.
  std::map<std::string, config::ProbeConfig, std::less<>> probes_;
};

}  // namespace hardware
