#pragma once

#include <string>
#include <string_view>

#include "core/reading.hpp"

namespace portal {

/// The half hours of a strip: a day.
inline constexpr std::size_t kStripLength = core::RecentLevels::kHalfHours;

/// The strip's letters at `now`, one for each half hour, the present one last: H, M, L, or '-' where nothing was
/// observed. `recent` has those up to the half hour in which `reading` was measured, from the latest backwards; from
/// then on the reading holds until it is stale. web/strip.js does the same.
std::string letters_at(std::string_view recent, const core::Reading& reading, base::Time now);

/// Its picture: the higher the better, a gap where nothing was observed, and in words; "" where nothing was at all.
/// web/strip.js draws the same.
std::string strip(std::string_view letters);

}  // namespace portal
