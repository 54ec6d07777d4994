#include "portal/changes.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "board/matching.hpp"
#include "core/losses.hpp"

namespace portal {
namespace {

using core::Transition;

/// What the first state of the log came from, as far as its row tells.
std::optional<Transition> state_before(const Transition& first, const core::Row& row) {
  // Only a FRESH level turns STALE.
  if (first.freshness == core::Freshness::stale) return Transition{.level = first.level};
  if (row.reading && row.reading->changed && row.reading->changed->at == first.at)
    return Transition{.level = row.reading->changed->from};
  return std::nullopt;
}

/// All states, oldest first.
std::vector<Transition> states_of(const core::Row& row, std::vector<Transition> logged, base::Time now) {
  std::ranges::sort(logged, {}, &Transition::at);
  core::add_losses(logged, row, now);
  if (logged.empty()) return logged;
  if (auto before = state_before(logged.front(), row)) logged.insert(logged.begin(), std::move(*before));
  return logged;
}

bool is_wanted(const Transition& from, const Transition& to, const board::Selection& selection) {
  const bool other_level = from.level != to.level;
  if (!other_level && from.freshness == to.freshness) return false;
  // Who asks for a level is not told that it grows old.
  if (!other_level && !selection.levels.empty() && selection.freshness.empty()) return false;
  return board::wants(selection.levels, to.level) && board::wants(selection.freshness, to.freshness);
}

}  // namespace

std::vector<StateChange> latest_changes(std::span<const core::RowPtr> rows,
                                        std::span<const core::LoggedTransition> latest,
                                        const board::Selection& selection, base::Time now) {
  std::unordered_map<core::ProfileId, std::vector<Transition>> logged;
  for (const auto& [revision, profile, transition] : latest) logged[profile].push_back(transition);
  std::vector<StateChange> changes;
  for (const core::RowPtr& row : rows) {
    const auto found = logged.find(row->profile.id);
    if (found == logged.end() && core::freshness(*row, now) == core::Freshness::fresh) continue;
    const auto states = states_of(*row, found == logged.end() ? std::vector<Transition>() : found->second, now);
    for (std::size_t i = 1; i < states.size(); ++i)
      if (is_wanted(states[i - 1], states[i], selection)) changes.push_back({row, states[i - 1], states[i]});
  }
  const auto shown = changes.begin() + static_cast<std::ptrdiff_t>(std::min(changes.size(), selection.limit));
  std::ranges::partial_sort(changes, shown, std::greater(),
                            [](const StateChange& change) { return std::tuple(change.to.at, change.row->profile.id); });
  changes.erase(shown, changes.end());
  return changes;
}

}  // namespace portal
