#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "board/selection.hpp"
#include "http/url.hpp"

namespace portal {

/// Rows of a page unless ?limit= says otherwise, and most of them. A wall shows as many as it may.
inline constexpr std::size_t kRowsPerPage = 100;
inline constexpr std::size_t kMostRowsPerPage = 1000;

/// The columns that a reader may leave out, as ?columns= names them.
inline constexpr std::string_view kColumnNames[] = {"provider", "capacity", "largest", "score",
                                                    "price",    "measured", "note"};

/// What is to be shown, and how.
struct ListView {
  board::Selection selection;
  /// Large, for a display on the wall.
  bool wall = false;
  /// Of kColumnNames, in their order; none is all.
  std::vector<std::string_view> columns{};

  /// The query of its URL, which names it: equal views have equal queries.
  std::string query() const;
  /// Relative to the list's own: "./?QUERY".
  std::string url() const;
  /// From the first page on.
  std::string url_of_first() const;
  /// Everything, shown in the same way.
  ListView reset() const;
  bool shows(std::string_view column) const;
  /// The filter in words, "c5, Amazon, high, free ≥ 8"; "" without one.
  std::string text() const;
};

/// The view of a query. `selection` is parsed already.
ListView list_view(board::Selection selection, const http::Query& query);

}  // namespace portal
