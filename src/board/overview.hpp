#pragma once

#include <set>
#include <string>
#include <vector>

#include "board/state.hpp"

namespace board {

/// A summary of all rows.
struct Overview {
  Counts counts;
  /// In order.
  std::vector<std::string> providers;
  /// Names of labels that any row has.
  std::set<std::string> labels;
  /// Probes of which a row's latest attempt failed.
  std::set<std::string> failing_probes;
  /// Has any row something to show in the number's column?
  core::PerNumber<bool> shown;
};

/// The overview of the current state. Looks again only at chunks that changed, or whose rows aged. Not
/// thread-safe: one per core.
class OverviewCache {
 public:
  /// At `now`, when `state` is another one than before. Valid until the next call.
  const Overview& get(const State& state, base::Time now);

 private:
  struct ChunkOverview {
    std::shared_ptr<const core::Snapshot::Chunk> chunk;
    /// When its first row ages.
    std::optional<base::Time> turns;
    Overview overview;
  };

  static ChunkOverview overview_of(std::shared_ptr<const core::Snapshot::Chunk> chunk, base::Time now);

  std::uint64_t sequence_ = 0;
  /// In the order of the state's chunks.
  std::vector<ChunkOverview> chunks_;
  Overview overview_;
};

}  // namespace board
