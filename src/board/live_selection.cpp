#include "board/live_selection.hpp"

#include <algorithm>
#include <cmath>

namespace board {
namespace {

std::vector<core::ProfileId> ids_of(const std::vector<core::RowPtr>& rows) {
  std::vector<core::ProfileId> ids;
  ids.reserve(rows.size());
  for (const core::RowPtr& row : rows) ids.push_back(row->profile.id);
  return ids;
}

}  // namespace

void LiveSelection::advance(const State& state) {
  if (sequence_ == state.sequence) return;
  cost_ = {};
  const auto updates = sequence_ ? state.updates_after(*sequence_) : std::nullopt;
  const bool redefined = takes_set_of(state);
  const bool known =
      updates && !redefined && std::ranges::none_of(*updates, [](const UpdatePtr& update) { return update->reset; });
  lost_ = !known;
  if (known)
    for (const UpdatePtr& update : *updates)
      for (const core::Snapshot::Step& step : update->steps) fold(step, *update);
  else
    touched_.clear();
  if (lost_ || (!selection_.after && rows_.size() != expected())) select_all(state);
  // Of a window these are all rows, whose counts are known.
  if (selection_.is_window()) choice_ = state.overview.counts;
  if (redefined || (places_ && *places_ != ids_of(rows_))) moved_ = state.sequence;
  places_.reset();
  sequence_ = state.sequence;
}

/// Returns whether the set became another one.
bool LiveSelection::takes_set_of(const State& state) {
  if (sets_ == state.sets) return false;
  const core::Set* const before = sets_ ? core::find_set(*sets_, selection_.set) : nullptr;
  const core::Set* const after = core::find_set(*state.sets, selection_.set);
  const bool same = before == after || (before != nullptr && after != nullptr && *before == *after);
  sets_ = state.sets;
  if (filter_ && same) return false;
  const bool first = !filter_;
  filter_.emplace(selection_, *sets_);
  return !first;
}

std::vector<core::RowPtr> LiveSelection::touched_after(std::uint64_t sequence) const {
  std::vector<core::RowPtr> rows;
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (touched_[i] > sequence) rows.push_back(rows_[i]);
  return rows;
}

void LiveSelection::select_all(const State& state) {
  const auto begin = std::chrono::steady_clock::now();
  Selected selected = select(state, selection_, state.aged_until, state.overview);
  keep_places();
  std::vector<std::uint64_t> touched(selected.rows.size(), state.sequence);
  for (std::size_t i = 0; i < std::min(touched.size(), touched_.size()); ++i)
    if (selected.rows[i] == rows_[i]) touched[i] = touched_[i];
  rows_ = std::move(selected.rows);
  touched_ = std::move(touched);
  matching_ = selected.counts.total;
  choice_ = selected.choice;
  changed_ = state.sequence;
  if (!selection_.is_window())
    cost_ = std::chrono::duration_cast<base::Duration>(std::chrono::steady_clock::now() - begin);
}

void LiveSelection::fold(const core::Snapshot::Step& step, const Update& update) {
  const auto& [before, after] = step;
  const bool was = before && count_out(*before, update.aged_before);
  const bool complete = selection_.offset + rows_.size() == matching_ && (selection_.offset == 0 || !rows_.empty());
  if (was) --matching_;
  const bool is = after && count_in(*after, update.aged_until);
  if (is) ++matching_;
  if (!was && !is) return;
  changed_ = update.sequence;
  const auto found = was ? std::ranges::find(rows_, before) : rows_.end();
  const bool inside = found != rows_.end();
  const auto place = static_cast<std::size_t>(found - rows_.begin());
  // A look at all rows does not see that it aged.
  if (inside) touched_[place] = update.sequence;
  if (lost_) return;
  if (inside && is && is_same_place(*before, *after, update)) {
    rows_[place] = after;
    return;
  }
  // A row that ages with others changes its place in an order of which theirs are not known yet.
  const bool by_age = selection_.order == Order::level || selection_.order == Order::freshness;
  lost_ = selection_.after || (update.aged && by_age);
  if (lost_) return;
  if (selection_.offset > 0 && !rows_.empty()) {
    // Rows in front only count. A row that goes past the first one moves all of them.
    const auto is_in_front = [&](const core::RowPtr& row, base::Time now) {
      return row == rows_.front() || stands_before(row, rows_.front(), now);
    };
    const bool left = was && is_in_front(before, update.aged_before);
    const bool came = is && is_in_front(after, update.aged_until);
    lost_ = left != came || (inside && place == 0);
    if (lost_ || left) return;
  }
  if (inside) take_out(place);
  if (is) put_in(after, complete, update);
}

bool LiveSelection::count_out(const core::Row& row, base::Time now) {
  if (!filter_->may_match(row, now)) return false;
  choice_.remove(row, now);
  return filter_->matches(row, now);
}

bool LiveSelection::count_in(const core::Row& row, base::Time now) {
  if (!filter_->may_match(row, now)) return false;
  choice_.add(row, now);
  return filter_->matches(row, now);
}

bool LiveSelection::is_same_place(const core::Row& a, const core::Row& b, const Update& update) const {
  if (a.profile.key != b.profile.key) return false;
  const double was = value_of(a, selection_.order, update.aged_before);
  const double is = value_of(b, selection_.order, update.aged_until);
  return was == is || (std::isnan(was) && std::isnan(is));
}

bool LiveSelection::stands_before(const core::RowPtr& a, const core::RowPtr& b, base::Time now) const {
  return Before(selection_)({&a, value_of(*a, selection_.order, now)}, {&b, value_of(*b, selection_.order, now)});
}

void LiveSelection::keep_places() {
  if (!places_) places_ = ids_of(rows_);
}

void LiveSelection::take_out(std::size_t place) {
  keep_places();
  rows_.erase(rows_.begin() + static_cast<std::ptrdiff_t>(place));
  touched_.erase(touched_.begin() + static_cast<std::ptrdiff_t>(place));
}

/// `complete`: no matching row stands behind the last one.
void LiveSelection::put_in(const core::RowPtr& row, bool complete, const Update& update) {
  const auto place = std::ranges::upper_bound(
      rows_, row, [&](const core::RowPtr& a, const core::RowPtr& b) { return stands_before(a, b, update.aged_until); });
  if (place == rows_.end() && (!complete || rows_.size() == selection_.limit)) return;
  keep_places();
  touched_.insert(touched_.begin() + (place - rows_.begin()), update.sequence);
  rows_.insert(place, row);
  if (rows_.size() > selection_.limit) take_out(selection_.limit);
}

std::size_t LiveSelection::expected() const {
  return std::min(selection_.limit, matching_ - std::min(selection_.offset, matching_));
}

}  // namespace board
