#include "app/commands/row_lines.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iostream>

#include "app/commands/table.hpp"
#include "app/terminal.hpp"
#include "base/duration.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "core/reading.hpp"

namespace app {
namespace {

namespace json = boost::json;

std::string age_of(const json::object& row, std::string_view key, base::Time now) {
  const auto measured = base::parse_rfc3339(text_of(row, key));
  if (!measured) return "-";
  return base::to_string(std::chrono::floor<std::chrono::seconds>(std::max(now - *measured, base::Duration{0})));
}

std::string number_of(const json::object& row, std::string_view key) {
  const json::value* value = row.if_contains(key);
  return value != nullptr && value->is_number() ? base::number_text(value->to_number<double>()) : "";
}

bool is_simulated(const json::object& row) {
  const json::value* simulated = row.if_contains("simulated");
  return simulated != nullptr && *simulated == json::value(true);
}

/// "gpu=a100 region=eu-1".
std::string labels_of(const json::object& row) {
  const json::value* labels = row.if_contains("labels");
  if (labels == nullptr || !labels->is_object()) return "";
  std::string text;
  for (const auto& [label, value] : labels->get_object())
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", base::to_line(label), text_of(labels->get_object(), label));
  return text;
}

std::string upper(std::string_view name) {
  std::string text(name);
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

}  // namespace

json::object page_of(const std::string& url, std::string_view body) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(body), error);
  const json::object* page = error ? nullptr : value.if_object();
  const json::value* rows = page != nullptr ? page->if_contains("hardware") : nullptr;
  if (rows == nullptr || !rows->is_array())
    throw base::Lost(fmt::format("{} sent a list that cannot be read; is it Vacancy's portal?", url));
  return std::move(value.get_object());
}

std::string text_of(const json::object& row, std::string_view key) {
  return base::to_line(base::text_in(row, key));
}

std::string name_of(const json::object& row) {
  return text_of(row, "provider") + '/' + text_of(row, "name");
}

std::string numbers_of(const json::object& row) {
  const std::string free = number_of(row, "free"), total = number_of(row, "total"), largest = number_of(row, "largest");
  std::string text;
  if (!free.empty()) text = capacity_of(row) + " free";
  if (!largest.empty() && largest != free) text += (text.empty() ? "" : ", ") + largest + " in one piece";
  return text;
}

std::string note_of(const json::object& row) {
  const std::string error = text_of(row, "error"), was = text_of(row, "was");
  const std::string note = !error.empty() ? "failed: " + error : !was.empty() ? "was " + was : text_of(row, "reason");
  if (!is_simulated(row)) return note;
  return note.empty() ? "simulated" : "simulated: " + note;
}

void tell_outage(const json::object& answer) {
  const json::value* outage = answer.if_contains("outage");
  if (outage == nullptr || !outage->is_object()) return;
  const std::string since = text_of(outage->get_object(), "since");
  std::cerr << fmt::format("vacancy: {}{}\n", text_of(outage->get_object(), "message"),
                           since.empty() ? "" : " since " + since);
}

std::string capacity_of(const json::object& row) {
  const std::string free = number_of(row, "free"), total = number_of(row, "total");
  if (free.empty()) return "-";
  const std::string unit = text_of(row, "unit");
  return free + (total.empty() ? "" : " of " + total) + (unit.empty() ? "" : " " + unit);
}

namespace {

// Reasons give way first, then names, then the capacity; the level stays as long as it can.
constexpr int kReason = 9, kName = 5, kCapacity = 3, kWord = 2, kLevel = 1;
const std::vector<Table::Column> kFirstColumns{{"PROVIDER", false, 4, kName},
                                               {"NAME", false, 4, kName},
                                               {"LEVEL", false, 1, kLevel},
                                               {"FRESHNESS", false, 5, kWord}};

std::vector<std::string> first_cells(const json::object& row) {
  return {text_of(row, "provider"), text_of(row, "name"), text_of(row, "availability"), text_of(row, "freshness")};
}

Table past_table(const json::array& rows, base::Time time) {
  std::vector<Table::Column> columns = kFirstColumns;
  columns.insert(columns.end(), {{"FOR", true, 3, kWord}, {"", false, 8, kReason, true}});
  Table table(columns);
  for (const json::value& value : rows) {
    const json::object& row = value.as_object();
    std::vector<std::string> cells = first_cells(row);
    cells.insert(cells.end(), {age_of(row, "since", time), text_of(row, "reason")});
    table.add(std::move(cells));
  }
  return table;
}

Table present_table(const json::array& rows, base::Time now, bool wide) {
  std::vector<Table::Column> columns = kFirstColumns;
  columns.insert(columns.end(), {{"CAPACITY", false, 4, kCapacity, true}, {"AGE", true, 3, kWord}});
  if (wide) {
    for (const core::Number& number : core::kColumnNumbers) columns.push_back({upper(number.name)});
    for (const char* heading : {"CHANGED", "PROBE", "LABELS"}) columns.push_back({heading});
  }
  columns.push_back({"", false, 8, kReason, true});
  Table table(columns);
  for (const json::value& value : rows) {
    const json::object& row = value.as_object();
    std::vector<std::string> cells = first_cells(row);
    cells.insert(cells.end(), {capacity_of(row), age_of(row, "measured_at", now)});
    if (wide) {
      for (const core::Number& number : core::kColumnNumbers) cells.push_back(number_of(row, number.name));
      cells.insert(cells.end(), {age_of(row, "changed_at", now), text_of(row, "probe"), labels_of(row)});
      for (std::string& cell : cells)
        if (cell.empty()) cell = "-";
    }
    cells.push_back(note_of(row));
    table.add(std::move(cells));
  }
  return table;
}

}  // namespace

void print_rows(const json::array& rows, base::Time now, const Shown& shown) {
  const Table table = shown.past ? past_table(rows, now) : present_table(rows, now, shown.wide);
  std::cout << table.text(shown.wide ? 0 : columns_of(STDOUT_FILENO), shown.color, shown.heading);
}

}  // namespace app
