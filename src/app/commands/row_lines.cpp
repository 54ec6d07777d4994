#include "app/commands/row_lines.hpp"

#include <boost/json.hpp>
#include <iostream>

#include "base/duration.hpp"
#include "base/text.hpp"

namespace app {
namespace {

namespace json = boost::json;

struct Line {
  std::string provider, name, level, freshness, age, note;
};

std::string age_of(const json::object& row, base::Time now) {
  const auto measured = base::parse_rfc3339(text_of(row, "measured_at"));
  if (!measured) return "-";
  return base::to_string(std::chrono::floor<std::chrono::seconds>(std::max(now - *measured, base::Duration{0})));
}

Line line_of(const json::object& row, base::Time now) {
  return {text_of(row, "provider"),  text_of(row, "name"), text_of(row, "availability"),
          text_of(row, "freshness"), age_of(row, now),     note_of(row)};
}

}  // namespace

std::string text_of(const json::object& row, std::string_view key) {
  const json::value* value = row.if_contains(key);
  return value != nullptr && value->is_string() ? base::to_line(value->get_string()) : "";
}

std::string name_of(const json::object& row) {
  return text_of(row, "provider") + '/' + text_of(row, "name");
}

std::string numbers_of(const json::object& row) {
  const auto number = [&row](std::string_view key) {
    const json::value* value = row.if_contains(key);
    return value != nullptr && value->is_number() ? base::number_text(value->to_number<double>()) : "";
  };
  const std::string free = number("free"), total = number("total"), largest = number("largest");
  std::string text;
  if (!free.empty()) text = free + (total.empty() ? "" : " of " + total) + " free";
  if (!largest.empty() && largest != free) text += (text.empty() ? "" : ", ") + largest + " in one piece";
  return text;
}

std::string note_of(const json::object& row) {
  if (auto error = text_of(row, "error"); !error.empty()) return "failed: " + error;
  if (auto was = text_of(row, "was"); !was.empty()) return "was " + was;
  return text_of(row, "reason");
}

void tell_outage(const json::object& answer) {
  const json::value* outage = answer.if_contains("outage");
  if (outage == nullptr || !outage->is_object()) return;
  const std::string since = text_of(outage->get_object(), "since");
  std::cerr << fmt::format("vacancy: {}{}\n", text_of(outage->get_object(), "message"),
                           since.empty() ? "" : " since " + since);
}

void print_rows(const json::array& rows, base::Time now, bool heading) {
  std::vector<Line> lines;
  if (heading) lines.push_back({"PROVIDER", "NAME", "LEVEL", "FRESHNESS", "AGE", ""});
  for (const json::value& row : rows) lines.push_back(line_of(row.as_object(), now));
  std::size_t provider = 0, name = 0;
  for (const Line& line : lines) {
    provider = std::max(provider, line.provider.size());
    name = std::max(name, line.name.size());
  }
  for (const Line& line : lines) {
    std::string text = fmt::format("{:{}}  {:{}}  {:7}  {:9}  {:>6}  {}", line.provider, provider, line.name, name,
                                   line.level, line.freshness, line.age, line.note);
    text.erase(text.find_last_not_of(' ') + 1);
    std::cout << text << '\n';
  }
}

}  // namespace app
