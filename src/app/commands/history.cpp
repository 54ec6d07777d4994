#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <iostream>

#include "app/commands/commands.hpp"
#include "app/commands/past_lines.hpp"
#include "app/commands/past_time.hpp"
#include "app/commands/remote.hpp"
#include "app/commands/row_lines.hpp"
#include "app/json_text.hpp"
#include "app/terminal.hpp"
#include "base/environment.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "core/pattern.hpp"
#include "feed/history_query.hpp"

namespace app {
namespace {

struct Options {
  std::shared_ptr<Access> access;
  std::string profile;
  std::string since, from, to, span;
  std::optional<std::size_t> limit;
  bool as_json = false, as_csv = false, numbers = false;
  std::string color;
};

/// Of several that match, so many are told.
constexpr std::size_t kMostTold = 3;

std::string query_of(const Options& options) {
  std::string query;
  const auto add = [&query](std::string_view name, const std::string& value) {
    query += fmt::format("{}{}={}", query.empty() ? "?" : "&", name, base::percent_encode(value));
  };
  const base::Time now = base::system_clock().wall_now();
  if (!options.since.empty()) add("since", options.since);
  if (!options.from.empty()) add("from", base::to_rfc3339(past_time("--from", options.from, now)));
  if (!options.to.empty()) add("to", base::to_rfc3339(past_time("--to", options.to, now)));
  if (!options.span.empty()) add("span", options.span);
  if (options.limit) add("limit", fmt::to_string(*options.limit));
  if (options.numbers) add("numbers", "1");
  return query;
}

/// The one profile that `pattern` matches. Throws base::UsageError when there is none, or more. Names may have '*' and
/// '?', and providers '/'; among several the one that is named exactly so counts.
core::ProfileKey profile_of(const Remote& remote, const core::Pattern& pattern) {
  if (pattern.is_exact()) return {pattern.provider, pattern.name};
  std::string words = pattern.text();
  std::ranges::replace_if(words, [](char c) { return c == '*' || c == '?'; }, ' ');
  const std::string target = "/api/v1/hardware?limit=1000&q=" + base::percent_encode(words);
  const boost::json::object page = page_of(remote.url(), remote.get(target).body);
  std::vector<std::string> found;
  core::ProfileKey last;
  for (const boost::json::value& row : page.at("hardware").get_array()) {
    core::ProfileKey key{text_of(row.as_object(), "provider"), text_of(row.as_object(), "name")};
    if (key == core::ProfileKey{pattern.provider, pattern.name}) return key;
    if (!pattern.matches(key)) continue;
    found.push_back(name_of(row.as_object()));
    last = std::move(key);
  }
  if (found.empty()) throw base::UsageError(fmt::format("no profile matches {}", pattern.text()));
  if (found.size() == 1) return last;
  const bool cut = found.size() > kMostTold;
  found.resize(std::min(found.size(), kMostTold));
  throw base::UsageError(
      fmt::format("{} matches {}{}; name one of them", pattern.text(), fmt::join(found, ", "), cut ? ", …" : ""));
}

/// Can the terminal show blocks? By the variables that locale(7) names, in its order.
bool has_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const std::string value = base::lower(base::variable(name)); !value.empty())
      return value.contains("utf-8") || value.contains("utf8");
  return false;
}

/// Has the time more changes than were asked for? Then the answer begins with the first one that it has.
bool is_cut(const portal::HistoryAnswer& answer, const Options& options) {
  return answer.transitions.size() >= options.limit.value_or(feed::kDefaultTransitions) &&
         answer.transitions.front().at == answer.from;
}

/// Says so on the error output, where it does not get into the file.
void print_csv(const Answer& answer) {
  std::cout << answer.body;
  // A file that is cut begins with the first change that it has.
  const std::string_view rows =
      std::string_view(answer.body).substr(std::min(answer.body.find('\n'), answer.body.size()));
  if (!answer.from.empty() && rows.starts_with('\n' + answer.from))
    std::cerr << fmt::format("only the latest changes, since {}; for more of them give --limit, {} at most\n",
                             base::to_line(answer.from), feed::kMostTransitions);
}

portal::HistoryAnswer answer_of(const Remote& remote, const std::string& body) {
  auto answer = portal::parse_history(body);
  if (!answer)
    throw base::Lost(fmt::format("{} sent a history that cannot be read: {}", remote.url(), answer.error().message));
  return *std::move(answer);
}

int history(const Options& options) {
  const auto pattern = core::parse_pattern(options.profile);
  if (!pattern) throw base::UsageError(pattern.error().message);
  const Remote remote(*options.access);
  const core::ProfileKey key = profile_of(remote, *pattern);
  const std::string target = fmt::format("/api/v1/hardware/{}/{}/{}", base::percent_encode(key.provider),
                                         base::percent_encode(key.name), options.as_csv ? "history.csv" : "history");
  const Answer got = remote.get(target + query_of(options));
  if (options.as_csv) {
    print_csv(got);
    return 0;
  }
  portal::HistoryAnswer answer = answer_of(remote, got.body);
  if (options.as_json) {
    std::cout << to_json(boost::json::parse(got.body)) << '\n';
    return 0;
  }
  const bool cut = is_cut(answer, options);
  if (cut) {
    // The numbers are those of all the time that was asked for.
    Options shorter = options;
    shorter.since.clear();
    shorter.from = base::to_rfc3339(answer.from);
    answer = answer_of(remote, remote.get(target + query_of(shorter)).body);
  }
  std::cout << past_text(answer, {.columns = columns_of(STDOUT_FILENO),
                                  .color = wants_color(options.color, STDOUT_FILENO),
                                  .blocks = has_utf8(),
                                  .cut = cut});
  return 0;
}

}  // namespace

Command add_history(CLI::App& program) {
  CLI::App* command = program.add_subcommand("history", "Show how available a profile was, and when that changed");
  const auto options = std::make_shared<Options>();
  command->add_option("PROVIDER/NAME", options->profile, "The profile, or a pattern with * and ? that matches it alone")
      ->required();
  CLI::Option* const since =
      command->add_option("--since", options->since, "From so long ago until now, as 6h or 7d (default 24h)")
          ->type_name("TIME");
  CLI::Option* const from =
      command->add_option("--from", options->from, fmt::format("From that time on, {}", kPastTime))
          ->type_name("TIME")
          ->excludes(since);
  command->add_option("--to", options->to, "Until that time, likewise (default now)")->type_name("TIME")->needs(from);
  command->add_option("--span", options->span, "The numbers in parts of 5m, 1h or 1d, or none (default by the time)")
      ->type_name("SPAN")
      ->check(CLI::IsMember({"5m", "1h", "1d", "auto", "none"}));
  command->add_option("--limit", options->limit, "The latest N changes (default 1000)")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, feed::kMostTransitions));
  CLI::Option* const as_json = command->add_flag("--json", options->as_json, "Print JSON");
  CLI::Option* const as_csv =
      command->add_flag("--csv", options->as_csv, "Print CSV, a line for each change")->excludes(as_json);
  command->add_flag("--numbers", options->numbers, "With --csv: the numbers instead")->needs(as_csv);
  add_color(*command, options->color);
  options->access = add_access(*command);
  command->footer(
      "The strip shows the lowest level of each part of the time; a part that was not measured for half of it or more "
      "is UNKNOWN. Times are UTC.");
  return [options] { return history(*options); };
}

}  // namespace app
