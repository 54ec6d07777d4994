#include "core/snapshot.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/freshness.hpp"

namespace core {
namespace {

const ProfileKey& key_of(const RowPtr& row) {
  return row->profile.key;
}

bool key_less(const RowPtr& a, const RowPtr& b) {
  return key_of(a) < key_of(b);
}

/// Sorts by key; of rows with the same key the newest revision stays.
void sort_by_key(std::vector<RowPtr>& rows) {
  const auto before = [](const RowPtr& a, const RowPtr& b) {
    if (const auto order = key_of(a) <=> key_of(b); order != 0) return order < 0;
    return a->revision > b->revision;
  };
  // The rows of a feed come in order.
  if (!std::ranges::is_sorted(rows, before)) std::ranges::sort(rows, before);
  const auto same = std::ranges::unique(rows, {}, key_of);
  rows.erase(same.begin(), same.end());
}

/// Merges two runs ordered by key; where keys are equal the row of `fresh` stands, and that of `old` goes to `gone`.
std::vector<RowPtr> merged(const std::vector<RowPtr>& old, std::span<const RowPtr> fresh, std::vector<RowPtr>& gone) {
  std::vector<RowPtr> out;
  out.reserve(old.size() + fresh.size());
  auto next = fresh.begin();
  for (const RowPtr& row : old) {
    while (next != fresh.end() && key_less(*next, row)) out.push_back(*next++);
    if (next != fresh.end() && key_of(*next) == key_of(row)) {
      gone.push_back(row);
      out.push_back(*next++);
    } else {
      out.push_back(row);
    }
  }
  out.insert(out.end(), next, fresh.end());
  return out;
}

std::vector<Snapshot::Step> steps_of(std::vector<RowPtr> gone, std::vector<RowPtr> come) {
  std::unordered_map<ProfileId, std::size_t> places;
  std::vector<Snapshot::Step> steps;
  for (RowPtr& row : gone) {
    places.emplace(row->profile.id, steps.size());
    steps.push_back({.before = std::move(row), .after = nullptr});
  }
  for (RowPtr& row : come) {
    const auto place = places.find(row->profile.id);
    if (place != places.end())
      steps[place->second].after = std::move(row);
    else
      steps.push_back({.before = nullptr, .after = std::move(row)});
  }
  return steps;
}

}  // namespace

Snapshot::Snapshot(std::vector<RowPtr> rows) {
  sort_by_key(rows);
  append(std::move(rows));
}

void Snapshot::append(std::vector<RowPtr> rows) {
  size_ += rows.size();
  for (std::size_t begin = 0; begin < rows.size(); begin += kChunkRows) {
    const std::size_t end = std::min(begin + kChunkRows, rows.size());
    auto chunk = std::make_shared<Chunk>();
    chunk->rows.assign(rows.begin() + static_cast<std::ptrdiff_t>(begin),
                       rows.begin() + static_cast<std::ptrdiff_t>(end));
    for (const RowPtr& row : chunk->rows) chunk->revision = std::max(chunk->revision, row->revision);
    chunks_.push_back(std::move(chunk));
  }
}

Snapshot Snapshot::with(const Change& change, std::vector<Step>* steps) const {
  std::vector<RowPtr> fresh = change.rows, gone;
  sort_by_key(fresh);

  // Ids to take out: the deleted ones, and those of rows that are not at their key yet (new or renamed).
  std::unordered_set<ProfileId> leaving;
  for (const Removed& gone : change.removed) leaving.insert(gone.id);
  for (const RowPtr& row : fresh) {
    const RowPtr old = find(key_of(row));
    if (!old || old->profile.id != row->profile.id) leaving.insert(row->profile.id);
  }
  // Within one change a deletion never undoes a row: ids are not used again.
  const auto must_leave = [&](const RowPtr& row) { return leaving.contains(row->profile.id); };

  Snapshot out;
  out.chunks_.reserve(chunks_.size() + 1);
  std::span<const RowPtr> rest = fresh;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const auto& chunk = chunks_[i];
    // The last chunk takes all that is left, so that appended rows have a place.
    auto taken = rest.size();
    if (i + 1 < chunks_.size()) {
      const auto end = std::ranges::lower_bound(rest, chunks_[i + 1]->rows.front(), key_less);
      taken = static_cast<std::size_t>(end - rest.begin());
    }
    const bool loses = !leaving.empty() && std::ranges::any_of(chunk->rows, must_leave);
    if (taken == 0 && !loses) {
      out.chunks_.push_back(chunk);
      out.size_ += chunk->rows.size();
      continue;
    }
    std::vector<RowPtr> rows = chunk->rows;
    if (loses) {
      std::ranges::copy_if(rows, std::back_inserter(gone), must_leave);
      std::erase_if(rows, must_leave);
    }
    rows = merged(rows, rest.first(taken), gone);
    rest = rest.subspan(taken);
    if (rows.size() > kChunkRows && rows.size() <= 2 * kChunkRows) {
      // Split in halves, so that a chunk at its limit does not split again on the next row.
      const auto half = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
      out.append({rows.begin(), half});
      out.append({half, rows.end()});
    } else {
      out.append(std::move(rows));
    }
  }
  if (chunks_.empty()) out.append({rest.begin(), rest.end()});
  if (steps) *steps = steps_of(std::move(gone), std::move(fresh));
  return out;
}

RowPtr Snapshot::find(const ProfileKey& key) const {
  const auto after = std::ranges::upper_bound(
      chunks_, key, {}, [](const auto& chunk) -> const ProfileKey& { return key_of(chunk->rows.front()); });
  if (after == chunks_.begin()) return nullptr;
  const auto& rows = (*std::prev(after))->rows;
  const auto found = std::ranges::lower_bound(rows, key, {}, key_of);
  return found != rows.end() && key_of(*found) == key ? *found : nullptr;
}

std::vector<RowPtr> Snapshot::slice(std::size_t offset, std::size_t limit) const {
  std::vector<RowPtr> out;
  for (const auto& chunk : chunks_) {
    if (out.size() == limit) break;
    if (offset >= chunk->rows.size()) {
      offset -= chunk->rows.size();
      continue;
    }
    const std::size_t count = std::min(limit - out.size(), chunk->rows.size() - offset);
    const auto begin = chunk->rows.begin() + static_cast<std::ptrdiff_t>(offset);
    out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
    offset = 0;
  }
  return out;
}

std::vector<RowPtr> Snapshot::newer_than(Revision revision) const {
  std::vector<RowPtr> out;
  for (const auto& chunk : chunks_) {
    if (chunk->revision <= revision) continue;
    for (const RowPtr& row : chunk->rows)
      if (row->revision > revision) out.push_back(row);
  }
  return out;
}

std::optional<base::Time> next_turn(const Snapshot::Chunk& chunk, base::Time now) {
  std::optional<base::Time> first;
  chunk.for_each([&](const RowPtr& row) {
    const auto turn = next_turn(*row, now);
    if (turn && (!first || *turn < *first)) first = turn;
  });
  return first;
}

}  // namespace core
