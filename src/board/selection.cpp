#include "board/selection.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "board/matching.hpp"

namespace board {
namespace {

using core::RowPtr;

/// Takes off the rows up to the place `after`, and returns how many they were. So many precede the wanted part by their
/// keys.
std::size_t cut_before(std::vector<Ranked>& rows, const Selection& selection, std::size_t in_front) {
  if (!selection.after) return 0;
  core::Row row;
  row.profile.key = selection.after->key;
  const RowPtr last(RowPtr(), &row);
  // Between the rows: theirs are even.
  const Ranked place{&last, selection.after->number.value_or(kNone), 2 * in_front + 1};
  const Before before(selection);
  const auto count = rows.size();
  std::erase_if(rows, [&](const Ranked& each) { return !before(place, each); });
  return count - rows.size();
}

constexpr std::size_t kNear = 2000;

/// Part [offset, offset + limit) of `rows`, sorted no further than needed.
std::vector<RowPtr> part_of(std::vector<Ranked>& rows, const Selection& selection) {
  const std::size_t begin = std::min(selection.offset, rows.size());
  const std::size_t end = begin + std::min(selection.limit, rows.size() - begin);
  const auto at = [&](std::size_t place) { return rows.begin() + static_cast<std::ptrdiff_t>(place); };
  const bool sorted = selection.order == Order::key && !selection.descending;
  if (!sorted && begin < end) {
    // Near the front, one look at each row is enough.
    const bool near = end <= kNear;
    if (!near) std::nth_element(rows.begin(), at(begin), rows.end(), Before(selection));
    std::partial_sort(near ? rows.begin() : at(begin), at(end), rows.end(), Before(selection));
  }
  std::vector<RowPtr> part;
  for (const Ranked& ranked : std::span(at(begin), at(end))) part.push_back(*ranked.row);
  return part;
}

/// How many rows have a key up to this one.
std::size_t position_after(const core::Snapshot& snapshot, const core::ProfileKey& key) {
  std::size_t position = 0;
  const auto is_up_to = [&](const RowPtr& row) { return row->profile.key <= key; };
  for (const auto& chunk : snapshot.chunks()) {
    const auto& rows = chunk->rows;
    if (!is_up_to(rows.back()))
      return position + static_cast<std::size_t>(std::ranges::partition_point(rows, is_up_to) - rows.begin());
    position += rows.size();
  }
  return position;
}

}  // namespace

bool Selection::is_window() const {
  Selection window;
  window.offset = offset;
  window.limit = limit;
  return *this == window;
}

Place place_of(const core::Row& row, const Selection& selection, base::Time now) {
  const double number = value_of(row, selection.order, now);
  return {.number = std::isnan(number) ? std::nullopt : std::optional(number), .key = row.profile.key};
}

Selected select(const State& state, const Selection& selection, base::Time now) {
  Filter filter(selection, *state.sets);
  std::vector<Ranked> matching;
  matching.reserve(state.snapshot.size());
  std::size_t in_front = 0;
  const bool backwards = selection.order == Order::key && selection.descending;
  Selected selected;
  state.snapshot.for_each([&](const RowPtr& row) {
    if (!filter.may_match(*row, now)) return;
    if (filter.chooses()) selected.choice.add(*row, now);
    if (!filter.matches(*row, now)) return;
    selected.counts.add(*row, now);
    if (selection.grouped) selected.groups[row->profile.key.provider].add(*row, now);
    if (selection.after) {
      const auto way = row->profile.key <=> selection.after->key;
      // The place's own row is among them in the direction of the keys.
      if (backwards ? way < 0 : way <= 0) in_front = matching.size() + 1;
    }
    matching.push_back({&row, value_of(*row, selection.order, now), 2 * matching.size() + 2});
  });
  if (!filter.chooses()) selected.choice = selected.counts;
  const std::size_t cut = cut_before(matching, selection, in_front);
  selected.before = selection.after ? cut : selection.offset;
  selected.rows = part_of(matching, selection);
  return selected;
}

Selected select(const State& state, const Selection& selection, base::Time now, const Overview& overview) {
  Selection window = selection;
  window.after.reset();
  if (!window.is_window()) return select(state, selection, now);
  const std::size_t offset = selection.after ? position_after(state.snapshot, selection.after->key) : selection.offset;
  return {.rows = state.snapshot.slice(offset, selection.limit),
          .counts = overview.counts,
          .before = offset,
          .choice = overview.counts,
          .groups = {}};
}

}  // namespace board
