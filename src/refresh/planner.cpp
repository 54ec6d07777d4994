#include "refresh/planner.hpp"

#include "base/text.hpp"

namespace refresh {

const config::ProbeConfig* Planner::probe_of(const core::ProfileKey& key) const {
  for (const config::ProbeConfig& probe : probes_)
    if (base::glob_match(probe.match.provider, key.provider) && base::glob_match(probe.match.name, key.name))
      return &probe;
  return nullptr;
}

std::vector<store::Assignment> Planner::plan(std::span<const core::RowPtr> rows, bool all) const {
  std::vector<store::Assignment> out;
  for (const core::RowPtr& row : rows) {
    if (!all && !row->probe.empty()) continue;
    const config::ProbeConfig* probe = probe_of(row->profile.key);
    const std::string name(probe != nullptr ? std::string_view(probe->name) : core::kNoProbe);
    if (name == row->probe) continue;
    out.push_back({row->profile.id, name, probe != nullptr ? probe->longest_period() : base::Duration{0},
                   probe != nullptr && probe->batched()});
  }
  return out;
}

}  // namespace refresh
