#include "board/state.hpp"

#include <algorithm>

namespace board {

std::optional<core::Change> State::since(const core::Version& seen) const {
  if (seen.epoch != version.epoch || seen.revision < removed_since || seen.revision > version.revision)
    return std::nullopt;
  if (std::ranges::any_of(*gaps, [&](const core::Gap& gap) { return gap.contains(seen.revision); }))
    return std::nullopt;
  core::Change change;
  change.rows = snapshot.newer_than(seen.revision);
  for (const core::Removed& gone : *removed)
    if (gone.revision > seen.revision) change.removed.push_back(gone);
  return change;
}

void Counts::add(const core::Row& row, base::Time now) {
  ++total;
  if (row.failure) ++failing;
  if (core::changed_recently(row, now)) ++changed;
  const core::Freshness freshness = core::freshness(row, now);
  std::size_t* const by_freshness[] = {&pending, &fresh, &stale, &expired};
  ++*by_freshness[static_cast<std::size_t>(freshness)];
  if (freshness == core::Freshness::stale) return;
  std::size_t* const by_level[] = {&unknown, &low, &medium, &high};
  ++*by_level[static_cast<std::size_t>(core::effective_level(row, now))];
}

void Counts::add(const Counts& more) {
  high += more.high;
  medium += more.medium;
  low += more.low;
  stale += more.stale;
  unknown += more.unknown;
  fresh += more.fresh;
  expired += more.expired;
  pending += more.pending;
  failing += more.failing;
  changed += more.changed;
  total += more.total;
}

Counts State::counts(base::Time now) const {
  Counts counts;
  snapshot.for_each([&](const core::RowPtr& row) { counts.add(*row, now); });
  return counts;
}

}  // namespace board
