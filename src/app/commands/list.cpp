#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "app/commands/commands.hpp"
#include "app/request.hpp"
#include "base/clock.hpp"
#include "base/duration.hpp"

namespace app {
namespace {

namespace json = boost::json;

constexpr std::size_t kPageRows = 1000;

struct Line {
  std::string provider, name, level, freshness, age, note;
};

std::string text_of(const json::object& row, std::string_view key) {
  const json::value* value = row.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

/// The sentence behind a level: what failed, what it was, or why.
std::string note_of(const json::object& row) {
  if (auto error = text_of(row, "error"); !error.empty()) return "failed: " + error;
  if (auto was = text_of(row, "was"); !was.empty()) return "was " + was;
  return text_of(row, "reason");
}

std::string age_of(const json::object& row, base::Time now) {
  const auto measured = base::parse_rfc3339(text_of(row, "measured_at"));
  if (!measured) return "-";
  return base::to_string(std::chrono::floor<std::chrono::seconds>(std::max(now - *measured, base::Duration{0})));
}

Line line_of(const json::object& row, base::Time now) {
  return {text_of(row, "provider"),  text_of(row, "name"), text_of(row, "availability"),
          text_of(row, "freshness"), age_of(row, now),     note_of(row)};
}

void print(const std::vector<Line>& lines) {
  std::size_t provider = 8, name = 4;
  for (const Line& line : lines) {
    provider = std::max(provider, line.provider.size());
    name = std::max(name, line.name.size());
  }
  const auto row = [&](const Line& line) {
    std::string text = fmt::format("{:{}}  {:{}}  {:7}  {:9}  {:>6}  {}", line.provider, provider, line.name, name,
                                   line.level, line.freshness, line.age, line.note);
    text.erase(text.find_last_not_of(' ') + 1);
    std::cout << text << '\n';
  };
  row({"PROVIDER", "NAME", "LEVEL", "FRESHNESS", "AGE", ""});
  for (const Line& line : lines) row(line);
}

int list(const std::string& url, bool as_json) {
  json::array rows;
  std::vector<Line> lines;
  for (std::size_t offset = 0;;) {
    const Answer answer = send(url, {.target = fmt::format("/api/v1/hardware?limit={}&offset={}", kPageRows, offset)});
    if (answer.status != 200) throw base::Lost(detail_of(answer));
    const json::value value = json::parse(json::string_view(answer.body));
    const json::object& page = value.as_object();
    const auto now = base::parse_rfc3339(text_of(page, "now")).value_or(base::Time{});
    const json::array& part = page.at("hardware").as_array();
    for (const json::value& row : part) {
      lines.push_back(line_of(row.as_object(), now));
      if (as_json) rows.push_back(row);
    }
    offset += part.size();
    if (page.at("next").is_null()) break;
  }
  if (as_json)
    std::cout << json::serialize(rows) << '\n';
  else
    print(lines);
  return 0;
}

}  // namespace

Command add_list(CLI::App& program) {
  struct Options {
    std::string url = "http://localhost:5000";
    bool as_json = false;
  };
  CLI::App* command = program.add_subcommand("list", "Show all profiles with their availability");
  const auto options = std::make_shared<Options>();
  command->add_option("--url", options->url, "Where the portal is")->envname("VACANCY_URL")->capture_default_str();
  command->add_flag("--json", options->as_json, "Print JSON");
  return [options] { return list(options->url, options->as_json); };
}

}  // namespace app
