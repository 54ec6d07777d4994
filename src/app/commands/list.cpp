#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <iostream>
#include <set>

#include "app/commands/commands.hpp"
#include "app/commands/past_time.hpp"
#include "app/commands/remote.hpp"
#include "app/commands/row_lines.hpp"
#include "app/help.hpp"
#include "app/json_text.hpp"
#include "app/terminal.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "core/reading.hpp"

namespace app {
namespace {

namespace json = boost::json;

constexpr std::size_t kPageRows = 1000;

struct Options {
  std::shared_ptr<Access> access;
  std::vector<std::string> words;
  std::string set, query, sort;
  std::vector<std::string> providers, names, labels, least, most, levels, freshness;
  bool failing = false;
  bool group = false;
  std::optional<std::size_t> limit, offset;
  std::string at;
  bool as_json = false;
  std::string output = "table";
  std::string color;
};

/// The filters as the portal knows them. Throws base::UsageError for a number with two bounds of a kind.
std::string query_of(const Options& options) {
  std::string query;
  const auto add = [&query](std::string_view name, const std::string& value) {
    query += fmt::format("&{}={}", name, base::percent_encode(value));
  };
  std::string words = options.query;
  for (const std::string& word : options.words) words += (words.empty() ? "" : " ") + word;
  if (!options.set.empty()) add("set", options.set);
  if (!words.empty()) add("q", words);
  for (const std::string& provider : options.providers) add("provider", provider);
  for (const std::string& name : options.names) add("name", name);
  for (const std::string& label : options.labels) {
    const std::size_t equals = label.find('=');
    add("label." + base::percent_encode(label.substr(0, equals)), label.substr(equals + 1));
  }
  for (const auto& [prefix, bounds] : {std::pair("min", &options.least), std::pair("max", &options.most)}) {
    std::set<std::string> given;
    for (const std::string& bound : *bounds) {
      const std::string number = bound.substr(0, bound.find('='));
      if (!given.insert(number).second) throw base::UsageError(fmt::format("--{} {} is given twice", prefix, number));
      add(fmt::format("{}_{}", prefix, number), bound.substr(number.size() + 1));
    }
  }
  for (const auto& [name, values] : {std::pair("level", &options.levels), std::pair("freshness", &options.freshness)})
    if (!values->empty()) add(name, fmt::format("{}", fmt::join(*values, ",")));
  if (options.failing) add("failing", "1");
  if (!options.sort.empty()) add("sort", options.sort);
  if (options.group) add("group", "provider");
  if (options.offset) add("offset", std::to_string(*options.offset));
  if (!options.at.empty()) add("at", base::to_rfc3339(past_time("--at", options.at, base::system_clock().wall_now())));
  return query;
}

/// The target of the page after this one; "" at the end. The link may be in the answer or in its head.
std::string next_of(const Answer& answer, const json::object& page) {
  if (const json::value* next = page.if_contains("next"))
    return next->is_string() ? std::string(next->get_string()) : "";
  const auto end = answer.link.find('>');
  const bool linked = answer.link.starts_with('<') && end != std::string::npos &&
                      (answer.link.contains("rel=\"next\"") || answer.link.contains("rel=next"));
  return linked ? answer.link.substr(1, end - 1) : "";
}

struct Listed {
  json::array rows;
  base::Time now{};
};

Listed all_rows(const Remote& remote, const Options& options) {
  Listed listed;
  const std::size_t most = options.limit.value_or(SIZE_MAX);
  std::set<std::string> seen;
  std::string target = fmt::format("/api/v1/hardware?limit={}{}", std::min(kPageRows, most), query_of(options));
  while (seen.insert(target).second) {
    const Answer answer = remote.get(target);
    const json::object page = page_of(remote.url(), answer.body);
    if (seen.size() == 1) tell_outage(page);
    listed.now = base::parse_rfc3339(text_of(page, options.at.empty() ? "now" : "time")).value_or(listed.now);
    for (const json::value& row : page.at("hardware").get_array())
      if (listed.rows.size() < most) listed.rows.push_back(row);
    const std::string next = next_of(answer, page);
    if (next.empty() || listed.rows.size() >= most) return listed;
    target = remote.linked(target, next);
  }
  throw base::Lost(fmt::format("{} sends the same page again", remote.url()));
}

int list(const Options& options) {
  const Remote remote(*options.access);
  const std::string output = options.as_json ? "json" : options.output;
  if (output == "csv") {
    if (!options.at.empty()) throw base::UsageError("--at has no CSV; use -o json");
    const std::string limit = options.limit ? fmt::format("&limit={}", *options.limit) : "";
    const std::string query = query_of(options) + limit;
    std::cout << remote.get("/api/v1/hardware.csv" + (query.empty() ? "" : "?" + query.substr(1))).body;
    return 0;
  }
  const Listed listed = all_rows(remote, options);
  if (output == "json")
    std::cout << to_json(listed.rows) << '\n';
  else if (output == "name")
    for (const json::value& row : listed.rows) std::cout << name_of(row.as_object()) << '\n';
  else
    print_rows(listed.rows, listed.now,
               {.heading = true,
                .wide = output == "wide",
                .color = wants_color(options.color, STDOUT_FILENO),
                .past = !options.at.empty()});
  return 0;
}

CLI::Option* add_repeated(CLI::App& command, const char* name, std::vector<std::string>& values,
                          const std::string& text, const char* type) {
  return command.add_option(name, values, text)->type_name(type)->allow_extra_args(false);
}

/// A check of CLI11: what is wrong, or "".
std::string is_label(const std::string& text) {
  const std::size_t equals = text.find('=');
  return equals != std::string::npos && equals > 0 ? "" : fmt::format("'{}' is not LABEL=VALUE", text);
}

/// The numbers of a row, which may have bounds.
std::vector<std::string> numbers() {
  std::vector<std::string> names;
  for (const core::Number& number : core::kNumbers) names.emplace_back(number.name);
  return names;
}

/// The same.
std::string is_bound(const std::string& text) {
  const std::string name = text.substr(0, text.find('='));
  if (const auto names = numbers(); std::ranges::find(names, name) == names.end())
    return fmt::format("'{}' is none of {}; write such as free=8{}", name, fmt::join(names, ", "),
                       suggestion(name, names));
  const std::string_view value = std::string_view(text).substr(std::min(name.size() + 1, text.size()));
  return std::isfinite(base::number_of<double>(value).value_or(NAN))
             ? ""
             : fmt::format("'{}' is not a number; write such as {}=8", value, name);
}

/// The keys that sort rows.
std::vector<std::string> sort_keys() {
  std::vector<std::string> keys{"key", "provider", "name", "level", "freshness", "measured", "changed"};
  const std::vector<std::string> names = numbers();
  keys.insert(keys.end() - 2, names.begin(), names.end());
  return keys;
}

/// As `--sort` takes them: each, and with - in front.
std::vector<std::string> either_way(std::vector<std::string> keys) {
  for (std::size_t i = 0, count = keys.size(); i < count; ++i) keys.push_back("-" + keys[i]);
  return keys;
}

/// "a, b or c".
std::string any_of(const std::vector<std::string>& words) {
  return fmt::format("{} or {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back());
}

/// Adds a filter by words of a set, in any case.
void add_words(CLI::App& command, const char* name, std::vector<std::string>& values, const char* text,
               const char* type, std::vector<std::string> words) {
  command.add_option(name, values, text)
      ->type_name(type)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->transform(CLI::IsMember(std::move(words), CLI::ignore_case));
}

}  // namespace

Command add_list(CLI::App& program) {
  CLI::App* command = program.add_subcommand("list", "Show the profiles with their availability");
  const auto options = std::make_shared<Options>();
  command->add_option("WORD", options->words, "Only profiles with each of these in PROVIDER/NAME");
  command->add_option("-q,--query", options->query, "The same, as one text")->type_name("WORDS");
  command->add_option("--set", options->set, "Only profiles of this set of the configuration")->type_name("NAME");
  add_repeated(*command, "--provider", options->providers, "Only this provider, exactly; repeated: any of them",
               "PROVIDER");
  add_repeated(*command, "--name", options->names, "Only profiles of this name, exactly; repeated: any of them",
               "NAME");
  add_repeated(*command, "--label", options->labels, "Only profiles with this label; repeated: any of a label's values",
               "LABEL=VALUE")
      ->check(is_label);
  add_repeated(*command, "--min", options->least, "Only where a number is at least this: " + any_of(numbers()),
               "free=N")
      ->check(is_bound);
  add_repeated(*command, "--max", options->most, "Only where a number is at most this", "price=N")->check(is_bound);
  add_words(*command, "--level", options->levels, "Only these levels: HIGH, MEDIUM, LOW, UNKNOWN", "LEVEL,…",
            {"HIGH", "MEDIUM", "LOW", "UNKNOWN"});
  add_words(*command, "--freshness", options->freshness, "Only these: PENDING, FRESH, STALE, EXPIRED", "FRESHNESS,…",
            {"PENDING", "FRESH", "STALE", "EXPIRED"});
  command->add_flag("--failing", options->failing, "Only profiles whose latest probe failed");
  command
      ->add_option("--sort", options->sort,
                   fmt::format("By {}; - in front for descending, as in --sort=-free", any_of(sort_keys())))
      ->type_name("KEY")
      ->check(CLI::IsMember(either_way(sort_keys())));
  command->add_flag("--group", options->group, "Providers together, sorted within each");
  command->add_option("--limit", options->limit, "So many at most (default all)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 40));
  command->add_option("--offset", options->offset, "Leave out the first N")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{0}, std::size_t{1} << 40));
  command->add_option("--at", options->at, fmt::format("How it was at a past time, {}", kPastTime))->type_name("TIME");
  CLI::Option* const output =
      command
          ->add_option("-o,--output", options->output,
                       "table, wide (all columns, nothing cut off), json, csv or name (default table)")
          ->type_name("FORM")
          ->check(CLI::IsMember({"table", "wide", "json", "csv", "name"}));
  command->add_flag("--json", options->as_json, "The same as -o json")->excludes(output);
  add_color(*command, options->color);
  options->access = add_access(*command);
  command->footer(
      "The table fits the terminal: 80 columns where there is none. AGE is how long ago a profile was measured.");
  return [options] { return list(*options); };
}

}  // namespace app
