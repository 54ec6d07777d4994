#pragma once

#include <span>
#include <string>

#include "base/clock.hpp"
#include "core/profile.hpp"

namespace store {

/// Which probe measures a profile from now on.
struct Assignment {
  core::ProfileId profile = 0;
  /// core::kNoProbe: no probe measures it, and it has no task.
  std::string probe;
  /// Period of the probe, the same for all of its profiles. The first run is due at once; a part of one period, another
  /// for each profile, is taken from the second, so that profiles added together do not stay in step.
  base::Duration ttl{0};
  /// The probe has one task for all of its profiles, which prepare() made.
  bool batched = false;
};

/// The interface of planning: which tasks exist. Calls as in store.hpp.
class Plan {
 public:
  virtual ~Plan() = default;

  /// Makes the tasks of `probe` fit its configuration: one in all when `batched`, else one for each of its profiles;
  /// and none due later than a period from now, should the period have become shorter. Those whose latest run failed
  /// are due at once.
  virtual void prepare(const std::string& probe, base::Duration ttl, bool batched) = 0;
  virtual void assign(std::span<const Assignment> assignments) = 0;
};

}  // namespace store
