#include "portal/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "feed/row_json.hpp"

namespace portal {
namespace {

/// Do spreadsheets take a cell with this text for a formula? Some know its first character in full width, too.
bool is_formula(std::string_view text) {
  constexpr std::string_view kBeginnings[] = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"};
  return std::ranges::any_of(kBeginnings, [&](std::string_view beginning) { return text.starts_with(beginning); });
}

/// The columns that all files have.
const std::vector<std::string_view> kColumns = [] {
  std::vector<std::string_view> names{"provider", "name", "availability", "freshness"};
  for (const core::Number& number : core::kNumbers) names.push_back(number.name);
  for (const std::string_view name :
       {"reason", "measured_at", "changed_from", "changed_at", "error", "failed_at", "unit", "simulated"})
    names.push_back(name);
  return names;
}();

}  // namespace

std::vector<std::string> labels_of(std::span<const core::RowPtr> rows) {
  std::set<std::string_view> labels;
  for (const core::RowPtr& row : rows)
    for (const auto& [label, value] : row->profile.labels) labels.insert(label);
  return {labels.begin(), labels.end()};
}

/// Quotes also what other separators would cut into cells.
void append_cell(std::string& out, std::string_view text, Cells cells) {
  const std::string_view mark = cells == Cells::safe && is_formula(text) ? "'" : "";
  if (text.find_first_of(",;\t\"\r\n") == std::string_view::npos) {
    out.append(mark).append(text);
    return;
  }
  out.append("\"").append(mark);
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

std::string csv_head(std::span<const std::string> labels) {
  std::string head = fmt::format("{}", fmt::join(kColumns, ","));
  for (const std::string& label : labels) head.append(",label.").append(label);
  return head + "\r\n";
}

void append_csv(std::string& out, const core::Row& row, base::Time now, Cells cells,
                std::span<const std::string> labels) {
  std::vector<std::string> line(kColumns.size());
  line.back() = "false";
  feed::fields(row, now, [&](std::string_view name, const auto& value) {
    const auto column = std::ranges::find(kColumns, name);
    if (column == kColumns.end()) return;
    std::string& cell = line[static_cast<std::size_t>(column - kColumns.begin())];
    using Value = std::decay_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, std::string_view>)
      append_cell(cell, value, cells);
    else if constexpr (std::is_same_v<Value, double>)
      cell = base::number_text(value);
    else if constexpr (std::is_same_v<Value, bool>)
      cell = "true";
    else if constexpr (std::is_same_v<Value, std::optional<base::Time>>)
      if (value) base::append_rfc3339(cell, *value);
  });
  out += fmt::format("{}", fmt::join(line, ","));
  for (const std::string& label : labels) {
    out += ',';
    const auto value = row.profile.labels.find(label);
    if (value != row.profile.labels.end()) append_cell(out, value->second, cells);
  }
  out += "\r\n";
}

}  // namespace portal
