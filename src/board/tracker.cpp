#include "board/tracker.hpp"

#include <algorithm>

namespace board {
namespace {

/// The hold, unless it has ended by age.
std::optional<core::Hold> live(const std::optional<core::Hold>& hold, base::Time now) {
  return hold && now < hold->until ? hold : std::nullopt;
}

}  // namespace

Tracker::Tracker(core::Condition condition, Held held)
    : condition_(std::move(condition)), carried_(std::move(held)), seen_(condition_.patterns.size()) {}

void Tracker::advance(const View& view) {
  const StatePtr state = view.current();
  if (!state->filled || state->sequence == sequence_) return;
  const auto updates = sequence_ != 0 ? view.updates_after(sequence_) : std::nullopt;
  if (!updates || std::ranges::any_of(*updates, [](const UpdatePtr& update) { return update->reset; }))
    scan(state->snapshot);
  else
    for (const UpdatePtr& update : *updates)
      // What only grew old has its hold's end already.
      if (!update->aged) fold(update->change);
  sequence_ = state->sequence;
}

void Tracker::scan(const core::Snapshot& snapshot) {
  // Ids may be others' now; keys stay.
  for (const auto& [id, match] : followed_)
    if (match.hold) carried_[hash_of(match.row->profile.key)] = *match.hold;
  followed_.clear();
  holding_ = 0;
  overflowed_ = false;
  for (std::size_t i = 0; i < condition_.patterns.size(); ++i) {
    seen_[i] = false;
    core::for_each_match(snapshot, condition_.patterns[i], [&](const core::RowPtr& row) {
      seen_[i] = true;
      follow(row);
    });
  }
  carried_.clear();
}

void Tracker::fold(const core::Change& change) {
  for (const core::Removed& gone : change.removed) forget(gone.id);
  for (const core::RowPtr& row : change.rows) {
    if (condition_.matches(row->profile.key))
      follow(row);
    else
      forget(row->profile.id);
  }
}

void Tracker::follow(const core::RowPtr& row) {
  const bool met = condition_.met_by(*row);
  auto place = followed_.find(row->profile.id);
  if (place == followed_.end()) {
    if (!make_room(met)) return;
    place = followed_.try_emplace(row->profile.id, row, carried(row->profile.key)).first;
    if (place->second.hold) ++holding_;
  }
  Match& match = place->second;
  // Renamed, it is another profile.
  const auto before = match.row->profile.key == row->profile.key ? match.hold : std::nullopt;
  if (match.hold) --holding_;
  match.row = row;
  match.hold = met ? std::optional(core::continued(before, *row->reading)) : std::nullopt;
  if (match.hold) ++holding_;
}

void Tracker::forget(core::ProfileId id) {
  const auto place = followed_.find(id);
  if (place == followed_.end()) return;
  if (place->second.hold) --holding_;
  followed_.erase(place);
}

bool Tracker::make_room(bool wanted) {
  if (followed_.size() < kMostFollowed) return true;
  overflowed_ = true;
  if (!wanted || holding_ == followed_.size()) return false;
  followed_.erase(std::ranges::find_if(followed_, [](const auto& each) { return !each.second.hold; }));
  return true;
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
    const auto hold = live(match.hold, now);
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
    const auto hold = live(match.hold, now);
    if (!satisfying || (hold && hold->since + condition_.hold <= now)) out.push_back({match.row, hold});
  }
  std::ranges::sort(out, {}, [](const Match& match) -> const core::ProfileKey& { return match.row->profile.key; });
  return out;
}

Held Tracker::held(base::Time now) const {
  Held out;
  if (condition_.hold == base::Duration{0}) return out;
  for (const auto& [id, match] : followed_)
    if (const auto hold = live(match.hold, now)) out[hash_of(match.row->profile.key)] = *hold;
  return out;
}

}  // namespace board
