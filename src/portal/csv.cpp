#include "portal/csv.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "core/freshness.hpp"

namespace portal {
namespace {

/// Do spreadsheets take a cell with this text for a formula? Some know its first character in full width, too.
bool is_formula(std::string_view text) {
  constexpr std::string_view kBeginnings[] = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"};
  return std::ranges::any_of(kBeginnings, [&](std::string_view beginning) { return text.starts_with(beginning); });
}

/// Quotes also what other separators would cut into cells.
void append_text(std::string& out, std::string_view text, Cells cells) {
  const std::string_view mark = cells == Cells::safe && is_formula(text) ? "'" : "";
  if (text.find_first_of(",;\t\"\r\n") == std::string_view::npos) {
    out.append(mark).append(text);
    return;
  }
  out.append("\"").append(mark);
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

void append_number(std::string& out, const std::optional<double>& number) {
  out += ',';
  if (number) out += base::number_text(*number);
}

}  // namespace

std::vector<std::string> labels_of(std::span<const core::RowPtr> rows) {
  std::set<std::string_view> labels;
  for (const core::RowPtr& row : rows)
    for (const auto& [label, value] : row->profile.labels) labels.insert(label);
  return {labels.begin(), labels.end()};
}

std::string csv_head(std::span<const std::string> labels) {
  std::string head =
      "provider,name,availability,freshness,free,total,largest,score,price,reason,measured_at,changed_from,changed_at,"
      "error,failed_at,unit,simulated";
  for (const std::string& label : labels) head.append(",label.").append(label);
  return head + "\r\n";
}

void append_csv(std::string& out, const core::Row& row, base::Time now, Cells cells,
                std::span<const std::string> labels) {
  append_text(out, row.profile.key.provider, cells);
  out += ',';
  append_text(out, row.profile.key.name, cells);
  out += ',';
  out += core::to_string(core::effective_level(row, now));
  out += ',';
  out += core::to_string(core::freshness(row, now));
  const core::Reading reading = row.reading.value_or(core::Reading());
  append_number(out, reading.free);
  append_number(out, reading.total);
  append_number(out, reading.largest);
  append_number(out, reading.score);
  append_number(out, reading.price);
  out += ',';
  append_text(out, reading.reason, cells);
  out += ',';
  if (row.reading) base::append_rfc3339(out, reading.measured_at);
  out += ',';
  if (reading.changed) out += core::to_string(reading.changed->from);
  out += ',';
  if (reading.changed) base::append_rfc3339(out, reading.changed->at);
  out += ',';
  if (row.failure) append_text(out, row.failure->error, cells);
  out += ',';
  if (row.failure) base::append_rfc3339(out, row.failure->failed_at);
  out += ',';
  append_text(out, row.unit, cells);
  out += row.simulated ? ",true" : ",false";
  for (const std::string& label : labels) {
    out += ',';
    const auto value = row.profile.labels.find(label);
    if (value != row.profile.labels.end()) append_text(out, value->second, cells);
  }
  out += "\r\n";
}

}  // namespace portal
