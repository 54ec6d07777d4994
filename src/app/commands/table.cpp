#include "app/commands/table.hpp"

#include <algorithm>
#include <numeric>

#include "app/terminal.hpp"

namespace app {
namespace {

constexpr std::size_t kGap = 2;
constexpr int kHighestRank = 9;

}  // namespace

std::vector<std::size_t> Table::widths(std::size_t width, bool heading) const {
  std::vector<std::size_t> widths(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (heading) widths[i] = width_of(columns_[i].heading);
    for (const auto& row : rows_) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  if (width == 0) return widths;
  const std::vector<std::size_t> whole = widths;
  const auto excess = [&] {
    const std::size_t shown = widths.size() - static_cast<std::size_t>(std::ranges::count(widths, 0U));
    const std::size_t all = std::accumulate(widths.begin(), widths.end(), kGap * (std::max<std::size_t>(shown, 1) - 1));
    return all > width ? all - width : 0;
  };
  std::vector<bool> gone(columns_.size());
  // Rank by rank, one column after the other, so that the widest of a rank gives most. When one goes, those that were
  // cut before get its room.
  for (int rank = kHighestRank; rank >= 0 && excess() > 0;) {
    std::size_t* widest = nullptr;
    std::size_t last = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].least == 0 || columns_[i].rank != rank || widths[i] == 0) continue;
      if (columns_[i].goes) last = i;
      if (widths[i] > columns_[i].least && (widest == nullptr || widths[i] > *widest)) widest = &widths[i];
    }
    if (widest != nullptr) {
      --*widest;
    } else if (last < columns_.size()) {
      gone[last] = true;
      for (std::size_t i = 0; i < columns_.size(); ++i) widths[i] = gone[i] ? 0 : whole[i];
      rank = kHighestRank;
    } else {
      --rank;
    }
  }
  return widths;
}

std::string Table::text(std::size_t width, bool color, bool heading) const {
  const std::vector<std::size_t> wide = widths(width, heading);
  std::string out;
  const auto print = [&](const std::vector<std::string>& cells, bool is_heading) {
    std::string line;
    std::size_t gap = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (wide[i] == 0) continue;
      const std::string text = fitted(cells[i], wide[i]);
      const std::string blanks(wide[i] - width_of(text), ' ');
      // Blanks at the end of a line are left out.
      if (columns_[i].right) line.append(std::exchange(gap, 0), ' ').append(blanks);
      if (!text.empty()) line.append(std::exchange(gap, 0), ' ');
      line += color ? colored(text, is_heading ? "heading" : cells[i]) : text;
      gap += (columns_[i].right ? 0 : blanks.size()) + kGap;
    }
    out += line + '\n';
  };
  if (heading) {
    std::vector<std::string> headings;
    for (const Column& column : columns_) headings.push_back(column.heading);
    print(headings, true);
  }
  for (const auto& row : rows_) print(row, false);
  return out;
}

}  // namespace app
