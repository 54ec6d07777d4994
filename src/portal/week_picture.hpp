#pragma once

#include <string>

#include "core/timeline.hpp"

namespace portal {

/// The hours of a week, a row for each day: each cell is filled as high as the share of its observed time in which the
/// level was at least MEDIUM. A dash is where nothing was observed. Tooltips have the figures.
std::string week_picture(const core::Week& week);

/// "Mon 14:00–16:00": `count` hours of a day from the `first` of the week on.
std::string hours_text(std::size_t first, std::size_t count = 1);

}  // namespace portal
