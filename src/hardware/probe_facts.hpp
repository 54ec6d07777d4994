#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "core/row.hpp"

namespace hardware {

/// What the configuration of a row's probe says about the row: what it counts, and that its levels are made up. Not
/// thread-safe.
class ProbeFacts {
 public:
  explicit ProbeFacts(const std::vector<config::ProbeConfig>& probes) { set(probes); }

  /// From now on; a row that is on a board already changes with its next revision.
  void set(const std::vector<config::ProbeConfig>& probes);

  /// Puts a copy in the place of each row of which there is something to say.
  void add(std::vector<core::RowPtr>& rows) const;

 private:
  /// By name, without those of which there is nothing to say.
  std::map<std::string, config::ProbeConfig, std::less<>> probes_;
};

}  // namespace hardware
