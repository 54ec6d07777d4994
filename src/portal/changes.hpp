#pragma once

#include <span>
#include <vector>

#include "board/selection.hpp"
#include "core/history.hpp"

/// What changed lately, for people who follow it. Pure; thread-safe.
namespace portal {

/// A profile's step from one state to another.
struct StateChange {
  core::RowPtr row;
  core::Transition from;
  core::Transition to;
};

/// The changes of `rows`, the newest first: from the log `latest` (in any order), and the losses of freshness that go
/// on at `now`. Not what began before the log, nor other reasons for the same state. `selection`: changes to one of its
/// levels or, where it has freshness, to that with one of its levels; at most its limit.
std::vector<StateChange> latest_changes(std::span<const core::RowPtr> rows,
                                        std::span<const core::LoggedTransition> latest,
                                        const board::Selection& selection, base::Time now);

}  // namespace portal
