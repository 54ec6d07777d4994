#pragma once

#include <vector>

#include "core/history.hpp"
#include "core/row.hpp"

namespace hardware {

/// Adds the losses of freshness of `row`'s reading that have happened by `now`: they are stored only with the reading
/// that ends them. `transitions`: the stored ones, oldest first.
void add_losses(std::vector<core::Transition>& transitions, const core::Row& row, base::Time now);

}  // namespace hardware
