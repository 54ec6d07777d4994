#pragma once

#include <optional>
#include <span>
#include <vector>

#include "board/selection.hpp"
#include "core/history.hpp"

/// What changed lately, for people who follow it. Pure; thread-safe.
namespace portal {

/// A profile's step from one state to another.
struct StateChange {
  core::RowPtr row;
  /// Nothing when it is not known any more.
  std::optional<core::Transition> from;
  core::Transition to;
};

/// The changes of `rows`, the newest first: from the log `latest` (in any order), and the losses of freshness that go
/// on at `now`. `selection`: the new state has one of its levels and freshness; at most its limit.
std::vector<StateChange> latest_changes(std::span<const core::RowPtr> rows,
                                        std::span<const core::LoggedTransition> latest,
                                        const board::Selection& selection, base::Time now);

}  // namespace portal
