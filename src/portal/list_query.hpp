#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "board/selection.hpp"
#include "http/query.hpp"

namespace portal {

/// Rows of a page unless ?limit= says otherwise, and most of them. A wall shows as many as it may.
inline constexpr std::size_t kRowsPerPage = 100;
inline constexpr std::size_t kMostRowsPerPage = 1000;

/// The columns that a reader may leave out, as ?columns= names them.
inline constexpr auto kColumnNames = [] {
  std::array<std::string_view, 5 + core::kColumnNumbers.size()> names{"provider", "capacity", "recent"};
  for (std::size_t i = 3; const core::Number& number : core::kColumnNumbers) names[i++] = number.name;
  names[names.size() - 2] = "measured";
  names[names.size() - 1] = "note";
  return names;
}();

/// The rows to show, and how.
struct ListQuery {
  board::Selection selection;
  /// Large, for a display on the wall.
  bool wall = false;
  /// Of kColumnNames, in their order; nothing is all.
  std::optional<std::vector<std::string_view>> columns{};
  /// Names of labels that have a column each.
  std::vector<std::string> labels{};

  /// The query of its URL, which names it: equal views have equal queries.
  std::string query() const;
  /// Relative to the list's own: "./?QUERY".
  std::string url() const;
  /// From the first page on.
  std::string url_of_first() const;
  /// Everything, shown in the same way.
  ListQuery reset() const;
  bool shows(std::string_view column) const;
  /// As ?columns= names them; empty for the default.
  std::vector<std::string> column_names() const;
  /// The filter in words, "c5, Amazon, high, free ≥ 8"; "" without one.
  std::string text() const;
};

/// The view of a query. `selection` is parsed already.
base::Result<ListQuery> list_query(board::Selection selection, const http::Query& query);

/// `view` as a wall shows it, from its first row on.
ListQuery on_wall(ListQuery view);

}  // namespace portal
