#include "board/tracker.hpp"

#include <algorithm>

namespace board {
namespace {

/// The largest number of holds where one suffices: they go into a URL, and proxies limit its length.
constexpr std::ptrdiff_t kMostTold = 100;

/// The hold, unless its reading cannot be trusted now.
std::optional<core::Hold> live(const Tracker::Match& match, base::Time now) {
  return core::freshness(*match.row, now) == core::Freshness::fresh ? match.hold : std::nullopt;
}

}  // namespace

Tracker::Tracker(core::Condition condition, Held held)
    : condition_(std::move(condition)), carried_(std::move(held)), seen_(condition_.patterns.size()) {}

void Tracker::advance(const CoreBoard& board, base::Time now) {
  const StatePtr state = board.current();
  if (!state->filled || state->sequence == sequence_) return;
  const auto updates = sequence_ != 0 ? board.updates_after(sequence_) : std::nullopt;
  if (!updates || std::ranges::any_of(*updates, [](const UpdatePtr& update) { return update->reset; }))
    scan(state->snapshot, now);
  else
    for (const UpdatePtr& update : *updates)
      // The hold's end is known already for rows that only aged.
      if (!update->aged) fold(update->change, now);
  sequence_ = state->sequence;
}

void Tracker::scan(const core::Snapshot& snapshot, base::Time now) {
  // Ids may be others' now; keys stay.
  for (const auto& [id, match] : followed_)
    if (match.hold) carried_[hash_of(match.row->profile.key)] = *match.hold;
  followed_.clear();
  overflowed_ = false;
  for (std::size_t i = 0; i < condition_.patterns.size(); ++i) {
    seen_[i] = false;
    core::for_each_match(snapshot, condition_.patterns[i], [&](const core::RowPtr& row) {
      seen_[i] = true;
      follow(row, now);
    });
  }
  carried_.clear();
}

void Tracker::fold(const core::Change& change, base::Time now) {
  for (const core::Removed& gone : change.removed) forget(gone.id);
  for (const core::RowPtr& row : change.rows) {
    if (condition_.matches(row->profile.key))
      follow(row, now);
    else
      forget(row->profile.id);
  }
}

void Tracker::follow(const core::RowPtr& row, base::Time now) {
  const bool met = condition_.met_by(*row);
  auto place = followed_.find(row->profile.id);
  if (place == followed_.end()) {
    if (!make_room(met, now)) return;
    place = followed_.try_emplace(row->profile.id, row, carried(row->profile.key)).first;
  }
  Match& match = place->second;
  // Renamed, it is another profile.
  const auto before = match.row->profile.key == row->profile.key ? match.hold : std::nullopt;
  match.row = row;
  match.hold = met ? std::optional(core::continued(before, *row->reading)) : std::nullopt;
  held_until_ = live(match, now) ? std::min(held_until_, match.hold->until) : base::Time::min();
}

void Tracker::forget(core::ProfileId id) {
  followed_.erase(id);
}

bool Tracker::make_room(bool wanted, base::Time now) {
  if (followed_.size() < kMostFollowed) return true;
  overflowed_ = true;
  if (!wanted || now < held_until_) return false;
  base::Time until = base::Time::max();
  for (auto place = followed_.begin(); place != followed_.end(); ++place) {
    const auto hold = live(place->second, now);
    if (hold) {
      until = std::min(until, hold->until);
      continue;
    }
    followed_.erase(place);
    return true;
  }
  held_until_ = until;
  return false;
}

std::optional<core::Hold> Tracker::carried(const core::ProfileKey& key) const {
  if (carried_.empty()) return std::nullopt;
  const auto found = carried_.find(hash_of(key));
  return found != carried_.end() ? std::optional(found->second) : std::nullopt;
}

bool Tracker::matched(std::size_t pattern) const {
  if (overflowed_ && seen_[pattern]) return true;
  return std::ranges::any_of(
      followed_, [&](const auto& each) { return condition_.patterns[pattern].matches(each.second.row->profile.key); });
}

Tracker::Verdict Tracker::judge(base::Time now) const {
  std::optional<base::Time> first, last;
  bool every = !followed_.empty();
  for (const auto& [id, match] : followed_) {
    const auto hold = live(match, now);
    every = every && hold;
    if (!hold) continue;
    const base::Time at = hold->since + condition_.hold;
    first = first ? std::min(*first, at) : at;
    last = last ? std::max(*last, at) : at;
  }
  if (!condition_.all) return {.satisfied = first && *first <= now, .next = first};
  if (!every || overflowed_ || !unmatched().empty()) return {};
  return {.satisfied = *last <= now, .next = last};
}

std::vector<std::string> Tracker::unmatched() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < condition_.patterns.size(); ++i)
    if (!matched(i)) out.push_back(condition_.patterns[i].text());
  return out;
}

std::vector<Tracker::Match> Tracker::matches(base::Time now, bool satisfying) const {
  std::vector<Match> out;
  for (const auto& [id, match] : followed_) {
    const auto hold = live(match, now);
    if (!satisfying || (hold && hold->since + condition_.hold <= now)) out.push_back({match.row, hold});
  }
  std::ranges::sort(out, {}, [](const Match& match) -> const core::ProfileKey& { return match.row->profile.key; });
  return out;
}

Held Tracker::held(base::Time now) const {
  if (condition_.hold == base::Duration{0}) return {};
  std::vector<std::pair<std::uint64_t, core::Hold>> holds;
  for (const auto& [id, match] : followed_)
    if (const auto hold = live(match, now)) holds.emplace_back(hash_of(match.row->profile.key), *hold);
  if (!condition_.all && holds.size() > kMostTold) {
    std::ranges::nth_element(holds, holds.begin() + kMostTold, {}, [](const auto& told) { return told.second.since; });
    holds.resize(kMostTold);
  }
  return {holds.begin(), holds.end()};
}

}  // namespace board
