#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace app {

/// A table of text, aligned, in as many columns of a terminal as there are.
class Table {
 public:
  struct Column {
    std::string heading;
    bool right = false;
    /// The fewest columns that it is cut to where there is no room; 0: it is never cut. A higher rank is cut first.
    std::size_t least = 0;
    int rank = 0;
    /// Where even that is too much, it goes altogether.
    bool goes = false;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// REQUIRES: a cell for each column, in one line each.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  /// `width` 0: nothing is cut. In colour, cells that name a level or a freshness have its colour.
  std::string text(std::size_t width, bool color, bool heading = true) const;

 private:
  /// 0 for a column that is left out.
  std::vector<std::size_t> widths(std::size_t width, bool heading) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace app
