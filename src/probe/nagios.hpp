#pragma once

#include <string_view>

#include "probe/observation.hpp"

namespace probe {

/// What a plugin printed by the conventions of Nagios and Icinga: "TEXT | PERFORMANCE DATA" in the first line, and more
/// performance data after a '|' in the lines below it. The text becomes the reason; data labelled free, total, score
/// and price become the numbers, whatever their unit. Without a level, which is in the exit code. Pure.
Observation read_nagios(std::string_view output);

}  // namespace probe
