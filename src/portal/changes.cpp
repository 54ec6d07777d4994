#include "portal/changes.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/losses.hpp"

namespace portal {
namespace {

using core::Transition;

/// What the first known state of a row came from, as far as the row tells it.
std::optional<Transition> state_before(const Transition& first, const core::Row& row) {
  // Only a FRESH level turns STALE.
  if (first.freshness == core::Freshness::stale) return Transition{.level = first.level};
  if (row.reading && row.reading->changed && row.reading->changed->at == first.at)
    return Transition{.level = row.reading->changed->from};
  return std::nullopt;
}

template <class T>
bool is_any_of(const std::vector<T>& wanted, T value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

}  // namespace

std::vector<StateChange> latest_changes(std::span<const core::RowPtr> rows,
                                        std::span<const core::LoggedTransition> latest,
                                        const board::Selection& selection, base::Time now) {
  std::unordered_map<core::ProfileId, std::vector<Transition>> logged;
  for (const auto& [revision, profile, transition] : latest) logged[profile].push_back(transition);
  std::vector<StateChange> changes;
  for (const core::RowPtr& row : rows) {
    std::vector<Transition> states;
    if (const auto found = logged.find(row->profile.id); found != logged.end()) states = std::move(found->second);
    std::ranges::sort(states, {}, &Transition::at);
    core::add_losses(states, *row, now);
    for (std::size_t i = states.size(); i-- > 0;) {
      if (!is_any_of(selection.levels, states[i].level) || !is_any_of(selection.freshness, states[i].freshness))
        continue;
      changes.push_back({row, i > 0 ? states[i - 1] : state_before(states[i], *row), states[i]});
    }
  }
  std::ranges::sort(changes, std::greater(),
                    [](const StateChange& change) { return std::tuple(change.to.at, change.row->profile.id); });
  if (changes.size() > selection.limit) changes.resize(selection.limit);
  return changes;
}

}  // namespace portal
