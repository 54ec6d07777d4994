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

void Counts::count(const core::Row& row, base::Time now, std::size_t by) {
  total += by;
  if (row.failure) failing += by;
  if (core::changed_recently(row, now)) changed += by;
  const core::Freshness freshness = core::freshness(row, now);
  std::size_t* const by_freshness[] = {&pending, &fresh, &stale, &expired};
  *by_freshness[static_cast<std::size_t>(freshness)] += by;
  if (freshness == core::Freshness::stale) return;
  std::size_t* const by_level[] = {&unknown, &low, &medium, &high};
  *by_level[static_cast<std::size_t>(core::effective_level(row, now))] += by;
}

std::optional<std::span<const UpdatePtr>> State::updates_after(std::uint64_t seen) const {
  if (seen == sequence) return std::span<const UpdatePtr>();
  if (recent->empty() || recent->front()->sequence > seen + 1 || seen > sequence) return std::nullopt;
  return std::span(*recent).subspan(seen + 1 - recent->front()->sequence);
}

Counts State::counts(base::Time now) const {
  Counts counts;
  snapshot.for_each([&](const core::RowPtr& row) { counts.add(*row, now); });
  return counts;
}

}  // namespace board
