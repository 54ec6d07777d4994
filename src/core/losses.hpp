#pragma once

#include <vector>

#include "core/history.hpp"
#include "core/row.hpp"

namespace core {

/// Adds the losses of freshness of `row`'s reading that have happened by `now`: they are stored only with the reading
/// that ends them. `transitions`: the stored ones, oldest first.
void add_losses(std::vector<Transition>& transitions, const Row& row, base::Time now);

}  // namespace core
