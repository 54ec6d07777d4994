#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "app/commands/commands.hpp"
#include "app/commands/remote.hpp"
#include "app/commands/row_lines.hpp"
#include "app/json_text.hpp"
#include "app/terminal.hpp"
#include "base/duration.hpp"

namespace app {
namespace {

namespace json = boost::json;

struct Options {
  std::shared_ptr<Access> access;
  bool as_json = false;
};

std::int64_t count(const json::object& counts, std::string_view key) {
  const json::value* value = counts.if_contains(key);
  return value != nullptr && value->is_number() ? value->to_number<std::int64_t>() : 0;
}

struct Health {
  std::string side;
  bool well = false;
  std::string text;
};

/// The portal, the hardware service with its database, and the probes, as the portal's list tells them.
std::vector<Health> judged(const Remote& remote, const json::object& page) {
  const json::value* outage = page.if_contains("outage");
  const bool away = outage != nullptr && outage->is_object();
  std::vector<Health> sides{{"portal", true, remote.url()}};
  if (away) {
    const json::object& told = outage->get_object();
    const std::string since = text_of(told, "since");
    sides.push_back({text_of(told, "side") == "database" ? "database" : "hardware", false,
                     text_of(told, "message") + (since.empty() ? "" : " since " + since)});
  } else {
    sides.push_back({"hardware", true, "news come"});
  }
  const json::value* found = page.if_contains("counts");
  const json::object counts = found != nullptr && found->is_object() ? found->get_object() : json::object();
  const std::int64_t total = count(counts, "total"), fresh = count(counts, "FRESH"), failing = count(counts, "failing");
  std::string text = fmt::format("{} profile{}: {} HIGH, {} MEDIUM, {} LOW, {} stale, {} unknown", total,
                                 total == 1 ? "" : "s", count(counts, "HIGH"), count(counts, "MEDIUM"),
                                 count(counts, "LOW"), count(counts, "STALE"), count(counts, "UNKNOWN"));
  if (failing > 0) text += fmt::format("; {} failing", failing);
  if (total == 0)
    text = "no profiles; add one with `vacancy profile add`, or see `vacancy probe list` for why none is discovered";
  sides.push_back({"probes", total == 0 || (failing == 0 && fresh == total), text});
  return sides;
}

/// 0: all is well. 1: a side is away, or nothing is fresh. 3: some profiles fail or are old.
int status(const Options& options) {
  constexpr int kPartly = 3;
  const Remote remote(*options.access);
  std::vector<Health> sides;
  std::string version;
  int code = 0;
  try {
    // The whole state of the rows, of which the list has one: the counts are of all.
    const json::object page = page_of(remote.url(), remote.get("/api/v1/hardware?limit=1").body);
    sides = judged(remote, page);
    version = text_of(page, "version");
    const json::value* counts = page.if_contains("counts");
    const bool none_fresh = counts != nullptr && counts->is_object() && count(counts->get_object(), "total") > 0 &&
                            count(counts->get_object(), "FRESH") == 0;
    if (!sides[2].well) code = none_fresh ? 1 : kPartly;
    if (!sides[1].well) code = 1;
  } catch (const base::Lost& lost) {
    sides = {{"portal", false, lost.what()}};
    code = 1;
  }
  if (options.as_json) {
    json::object out{{"ok", code == 0}, {"url", remote.url()}, {"version", version}};
    for (const Health& side : sides) out[side.side] = {{"ok", side.well}, {"text", side.text}};
    std::cout << to_json(out) << '\n';
    return code;
  }
  const bool color = wants_color("auto", STDOUT_FILENO);
  for (const Health& side : sides) {
    const std::string word = side.well ? "ok   " : "WRONG";
    std::cout << fmt::format("{} {:<9} {}\n", color ? colored(word, side.well ? "HIGH" : "LOW") : word, side.side,
                             fitted(side.text, is_terminal(STDOUT_FILENO) ? columns_of(STDOUT_FILENO) - 16 : SIZE_MAX));
  }
  return code;
}

}  // namespace

Command add_status(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("status", "Say whether the portal, the hardware service and the probes work");
  const auto options = std::make_shared<Options>();
  command->add_flag("--json", options->as_json, "Print JSON");
  options->access = add_access(*command);
  command->footer(
      "Exits with 0 when all is well, 1 when a side is away or nothing is fresh, 3 when some profiles fail or are old, "
      "2 for a mistake.");
  return [options] { return status(*options); };
}

}  // namespace app
