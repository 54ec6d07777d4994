#pragma once

#include <expected>
#include <map>
#include <string>

#include "autoscale/behavior.hpp"

namespace autoscale {

/// The state that survives a restart, by service. Written as JSON, with times of the wall clock.
using Histories = std::map<std::string, History>;

/// Replaces the file as a whole. Fails with a sentence.
std::expected<void, std::string> save(const std::string& file, const Histories& histories, base::SteadyTime now,
                                      base::Time wall_now);

/// A missing file holds nothing. Times in the future count as now. Fails with a sentence.
std::expected<Histories, std::string> load(const std::string& file, base::SteadyTime now, base::Time wall_now);

}  // namespace autoscale
