#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "app/commands/administration.hpp"
#include "app/commands/commands.hpp"
#include "app/json_text.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "core/reading.hpp"

namespace app {
namespace {

namespace json = boost::json;

/// A probe may run for long; the service gives up at its timeout.
constexpr std::chrono::hours kLong{24};

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  if (found == nullptr || found->is_null()) return "";
  if (const json::string* text = found->if_string()) return base::to_utf8(*text);
  return to_json(*found);
}

std::string budgets_of(const json::object& probe) {
  std::string text;
  for (const json::value& limit : probe.at("limits").as_array()) {
    const json::object& object = limit.as_object();
    const std::string left = text_at(object, "left");
    text += fmt::format("{}{} of {} in {} left", text.empty() ? "" : ", ", left.empty() ? "?" : left,
                        text_at(object, "calls"), text_at(object, "window"));
  }
  return text;
}

/// "30s to 15m (2 watched, every 45s)", or the ttl.
std::string periods_of(const json::object& probe) {
  const json::value* refresh = probe.if_contains("refresh");
  if (refresh == nullptr) return text_at(probe, "ttl");
  const json::object& periods = refresh->as_object();
  return fmt::format("{} to {} ({} watched, every {})", text_at(periods, "min"), text_at(periods, "max"),
                     text_at(periods, "watched"), text_at(periods, "watched_period"));
}

void print_probe(const json::object& probe) {
  const json::object& match = probe.at("match").as_object();
  const std::string profiles = text_at(probe, "profiles");
  std::cout << fmt::format("{} ({}) measures {}/{} every {}: {} profile{}, {} failing\n", text_at(probe, "name"),
                           text_at(probe, "kind"), text_at(match, "provider"), text_at(match, "name"),
                           periods_of(probe), profiles, profiles == "1" ? "" : "s", text_at(probe, "failing"));
  if (const std::string budgets = budgets_of(probe); !budgets.empty())
    std::cout << fmt::format("  budget: {}\n", budgets);
  if (const std::string calls = text_at(probe, "calls_a_day"); !calls.empty() && calls != "0") {
    const std::string most = text_at(probe, "most_calls_a_day");
    std::cout << fmt::format("  calls a day: {}{}{}\n", probe.contains("refresh") ? "up to " : "", calls,
                             most.empty() ? "" : fmt::format(" of {} that the source allows", most));
  }
  if (const std::string configurations = text_at(probe, "configurations"); !configurations.empty())
    std::cout << fmt::format("  configurations: {}, of which the source limits new ones in a day\n", configurations);
  if (const std::string since = text_at(probe, "slow_since"); !since.empty())
    std::cout << fmt::format("  slowed down since {}, because its source fails\n", since);
  if (const json::value* failure = probe.if_contains("last_failure")) {
    const json::object& last = failure->as_object();
    const std::string name = text_at(last, "name");
    std::cout << fmt::format("  last failure: {} {}: {}\n", text_at(last, "failed_at"),
                             name.empty() ? "no profile yet" : text_at(last, "provider") + "/" + name,
                             text_at(last, "error"));
  }
}

int list(const Access& service, bool as_json) {
  const Answer answer = expect(200, administer(service, "GET", "/hardware/probes"));
  if (as_json) {
    std::cout << answer.body;
    return 0;
  }
  const json::value value = json_of(answer);
  for (const json::value& probe : value.as_array()) print_probe(probe.as_object());
  return 0;
}

/// The `sent`, `received` or `read` text with every line indented; "" when it is empty.
std::string block(const char* name, const std::string& text) {
  if (text.empty()) return "";
  std::string out = fmt::format("{}\n  ", name);
  for (const char c : text) {
    // It would overwrite the line.
    if (c == '\r') continue;
    out += c;
    if (c == '\n') out += "  ";
  }
  while (out.ends_with(' ') || out.ends_with('\n')) out.pop_back();
  return out + '\n';
}

std::string numbers_of(const json::object& run) {
  std::string text;
  for (const core::Number& number : core::kNumbers)
    if (const std::string value = text_at(run, number.name); !value.empty())
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", number.name, value);
  return text;
}

/// Exit code 0: it gave a level; 1: it failed.
int test(const Access& service, const core::ProfileKey& profile) {
  const std::string body = profile_body(profile);
  const json::value value = json_of(expect(200, administer(service, "POST", "/hardware/probes/test", body, kLong)));
  const json::object& run = value.as_object();
  std::cout << fmt::format("probe     {} ({})\n{}{}{}took      {:.3f} s\n", text_at(run, "probe"), text_at(run, "kind"),
                           block("sent", text_at(run, "sent")), block("received", text_at(run, "received")),
                           block("read", text_at(run, "read")), run.at("took_seconds").to_number<double>());
  if (const std::string error = text_at(run, "error"); !error.empty()) {
    std::cout << fmt::format("failed    {}\n", error);
    return 1;
  }
  if (const std::string numbers = numbers_of(run); !numbers.empty())
    std::cout << fmt::format("numbers   {}\n", numbers);
  if (const std::string age = text_at(run, "age_seconds"); !age.empty())
    std::cout << fmt::format("measured  {} s before\n", age);
  std::cout << fmt::format("level     {}\nbecause   {}\n", text_at(run, "availability"), text_at(run, "reason"));
  return 0;
}

}  // namespace

Command add_probe(CLI::App& program) {
  CLI::App* command = program.add_subcommand("probe", "List the probes, or run one now")->require_subcommand(1);
  const auto service = add_administration(*command);
  CLI::App* listing = command->add_subcommand("list", "List each probe with its profiles, budgets and last failure");
  listing->fallthrough();
  const auto as_json = std::make_shared<bool>(false);
  listing->add_flag("--json", *as_json, "As JSON");
  CLI::App* testing =
      command->add_subcommand("test", "Run a profile's probe now and show all of it; changes nothing but the budget");
  testing->fallthrough();
  const auto profile = std::make_shared<NamedProfile>();
  add_named_profile(*testing, *profile);
  return [service, listing, as_json, profile] {
    return listing->parsed() ? list(*service, *as_json) : test(*service, profile->key());
  };
}

}  // namespace app
