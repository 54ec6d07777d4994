#pragma once

#include <kainjow/mustache.hpp>
#include <string>

#include "board/overview.hpp"
#include "board/selection.hpp"

namespace portal {

/// Rows of a page unless ?limit= says otherwise, and most of them.
inline constexpr std::size_t kRowsPerPage = 100;
inline constexpr std::size_t kMostRowsPerPage = 1000;

/// What is to be shown, and how.
struct ListView {
  board::Selection selection;
  /// Large, for a display on the wall.
  bool wall = false;

  /// The query of its URL, which names it: equal views have equal queries.
  std::string query() const;
};

/// What web/list.mustache shows at `now`.
kainjow::mustache::data list_data(const board::State& state, base::Time now, const board::Overview& overview,
                                  const ListView& view);

}  // namespace portal
