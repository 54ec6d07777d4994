#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "config/config.hpp"
#include "core/snapshot.hpp"

namespace refresh {

/// Profiles that somebody watches or waits for.
using Watched = std::unordered_set<core::ProfileId>;

/// What is wanted of a probe's tasks: one for each profile, or one for a batch.
struct Wanting {
  std::size_t tasks = 0;
  std::size_t watched = 0;
  /// The runs per second, beyond those that are promised to all, that the others want which changed.
  double changed_rate = 0;
};

/// How fast the tasks of a probe run, as long as the limits allow.
struct Pace {
  core::RefreshRule rule;
  /// Runs per second that are promised to all tasks together.
  double promised = 0;
  std::shared_ptr<const Watched> watched = std::make_shared<const Watched>();
};

/// The pace of a probe with more than one period. What the limits allow beyond the promise goes to the watched ones
/// first, in equal shares, and then to those that changed.
Pace pace_of(const config::ProbeConfig& probe, const Wanting& wanting);

/// The pace before anybody has counted: nothing beyond the promise if there are limits.
Pace cautious_pace(const config::ProbeConfig& probe);

/// The period of watched tasks.
base::Duration watched_period(const core::RefreshRule& rule);

/// The demand for a probe's profiles.
struct Demanded {
  Pace pace;
  std::size_t watched = 0;
  /// Those watched ones whose next run is later than it should be.
  std::vector<core::ProfileId> late{};
};

/// That of those of `probes` that have more than one period, by name.
std::map<std::string, Demanded> demanded_of(std::span<const config::ProbeConfig> probes, const core::Snapshot& rows,
                                            std::shared_ptr<const Watched> watched, base::Time now);

}  // namespace refresh
