#include "feed/view.hpp"

#include <algorithm>

namespace feed {
namespace {

/// A search takes at most a twentieth of the time.
constexpr int kPause = 20;
constexpr std::chrono::seconds kBetweenViews{1};

std::vector<core::ProfileId> ids_of(std::span<const core::RowPtr> rows) {
  std::vector<core::ProfileId> ids;
  ids.reserve(rows.size());
  for (const core::RowPtr& row : rows) ids.push_back(row->profile.id);
  return ids;
}

/// May rows have come or gone in front of `first`, or after it? A PENDING row may be new. A row with a reading is
/// reported if it is in the window; in front of it, it may be new, too.
bool may_have_moved(const board::State& state, const core::Version& seen, const core::Row* first) {
  const auto change = state.since(seen);
  return !change || !change->removed.empty() || std::ranges::any_of(change->rows, [&](const core::RowPtr& row) {
    return !row->reading || (first != nullptr && row->profile.key < first->profile.key);
  });
}

}  // namespace

std::shared_ptr<const Found> Finder::find(const board::State& state, const board::Selection& selection) {
  if (selection.is_window())
    return std::make_shared<Found>(
        Found{.rows = state.snapshot.slice(selection.offset, selection.limit), .matching = state.snapshot.size()});
  const Entry* const known = entries_.find(selection);
  if (known != nullptr && known->sequence == state.sequence) return known->found;
  const auto begin = std::chrono::steady_clock::now();
  auto selected = board::select(state, selection, state.now(begin));
  const auto cost = std::chrono::duration_cast<base::Duration>(std::chrono::steady_clock::now() - begin);
  auto found = std::make_shared<const Found>(Found{
      .rows = std::move(selected.rows), .matching = selected.counts.total, .choice = selected.choice, .cost = cost});
  return entries_.put(selection, {state.sequence, std::move(found)}).found;
}

std::string View::advance(const board::State& state, const std::optional<core::Version>& seen, bool resumes) {
  const base::SteadyTime begin = std::chrono::steady_clock::now();
  const base::Time now = state.now(begin);
  const auto found = finder_.find(state, selection_);
  const ViewCounts counts{selection_.is_window() ? finder_.counts(state, now) : found->choice, found->matching};
  auto ids = ids_of(found->rows);
  next_look_ = begin + found->cost * kPause;
  std::string out;
  if (!resumes && !begun_) {
    append_snapshot_begin(out, state, now);
    append_snapshot_rows(out, found->rows, now);
    append_snapshot_end(out, state.version, &counts);
  } else if (!resumes || !seen || !is_same(state, *found, ids, *seen)) {
    append_view(out, state.version, now, counts);
    if (!selection_.is_window()) next_look_ = std::max(next_look_, begin + kBetweenViews);
  } else {
    core::Change change;
    for (const core::RowPtr& row : found->rows) {
      const auto freshness = core::freshness(*row, now);
      // The ages that a resumed client shows are unknown.
      const bool turned = begun_ ? core::freshness(*row, looked_at_) != freshness
                                 : freshness == core::Freshness::stale || freshness == core::Freshness::expired;
      if (row->revision > seen->revision || turned) change.rows.push_back(row);
    }
    const bool aged_only = begun_ && *seen == state.version;
    append_change(out, change, aged_only ? nullptr : &state.version, now, &counts);
  }
  ids_ = std::move(ids);
  looked_at_ = now;
  begun_ = true;
  return out;
}

/// Are the rows where the client has them? The places of a resumed client's rows are unknown: for a window of
/// everything it is enough that no row came or went, for another selection nothing may have changed.
bool View::is_same(const board::State& state, const Found& found, const std::vector<core::ProfileId>& ids,
                   const core::Version& seen) const {
  if (begun_) return ids == ids_;
  if (selection_.is_window()) {
    const bool has_front = selection_.offset > 0 && !found.rows.empty();
    return !may_have_moved(state, seen, has_front ? found.rows.front().get() : nullptr);
  }
  const auto change = state.since(seen);
  return change && change->empty();
}

}  // namespace feed
