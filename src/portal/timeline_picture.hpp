#pragma once

#include <span>
#include <string>

#include "core/timeline.hpp"

namespace portal {

/// A time's levels over a time axis: the higher the better, hatched where they are stale or unknown, each with its
/// times and reason as a tooltip. Where there are more changes than a window has room for, it has parts as
/// core::merged() makes them; the tooltips say so. REQUIRES: stretches.
std::string timeline_picture(std::span<const core::Stretch> stretches);

/// "HIGH 63 %, LOW 37 %": without what there is none of.
std::string shares_text(const core::Shares& shares);

}  // namespace portal
