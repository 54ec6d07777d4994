#pragma once

#include <cstddef>
#include <string>

#include "core/timeline.hpp"
#include "portal/history_answer.hpp"

/// A profile's past as lines for people.
namespace app {

struct PastShown {
  /// Of the terminal.
  std::size_t columns = 80;
  bool color = false;
  /// Blocks, not letters.
  bool blocks = false;
  /// The time had more changes, which are left out.
  bool cut = false;
};

/// A character for each of `cells` equal parts of the timeline: the lowest level that was observed in it, or that
/// half of it or more was not.
std::string strip_of(const core::Timeline& timeline, std::size_t cells, const PastShown& shown);

/// The strip, the shares of the levels, the transitions and the numbers.
std::string past_text(const portal::HistoryAnswer& answer, const PastShown& shown);

}  // namespace app
