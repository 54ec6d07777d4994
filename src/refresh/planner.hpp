#pragma once

#include <span>
#include <vector>

#include "config/config.hpp"
#include "core/row.hpp"
#include "store/plan.hpp"

namespace refresh {

/// Decides which probe measures which profile: the first whose globs match.
class Planner {
 public:
  explicit Planner(std::vector<config::ProbeConfig> probes) : probes_(std::move(probes)) {}

  const std::vector<config::ProbeConfig>& probes() const { return probes_; }
  /// The probe of a profile, or null.
  const config::ProbeConfig* probe_of(const core::ProfileKey& key) const;

  /// The changes that give each of `rows` its probe. Rows planned by replicas with another configuration stay as they
  /// are unless `all`, so that two configurations of a rollout do not undo each other for ever.
  std::vector<store::Assignment> plan(std::span<const core::RowPtr> rows, bool all) const;

 private:
  std::vector<config::ProbeConfig> probes_;
};

}  // namespace refresh
