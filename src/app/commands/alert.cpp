#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "app/commands/administration.hpp"
#include "app/commands/commands.hpp"
#include "app/commands/past_time.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace app {
namespace {

namespace json = boost::json;

/// A replay reads much; a receiver may be slow.
constexpr std::chrono::minutes kLong{5};

/// In one line, fit for a terminal; "" when there is none.
std::string text_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  if (found == nullptr) return "";
  if (const json::string* text = found->if_string()) return base::to_line(*text);
  return json::serialize(*found);
}

const json::array& list_at(const json::value& value, std::string_view key) {
  return value.as_object().at(key).as_array();
}

std::string names_at(const json::object& object, std::string_view key) {
  std::string names;
  for (const json::value& name : object.at(key).as_array())
    names += fmt::format("{}{}", names.empty() ? "" : ", ", base::to_line(name.as_string()));
  return names;
}

void print_rule(const json::object& rule) {
  std::cout << fmt::format("{} ({}): {}; to {}: {} firing, {} pending\n", text_at(rule, "name"),
                           text_at(rule, "severity"), text_at(rule, "condition"), names_at(rule, "send_to"),
                           text_at(rule, "firing"), text_at(rule, "pending"));
  for (const json::value& each : rule.at("alerts").as_array()) {
    const json::object& alert = each.as_object();
    const std::string reason = text_at(alert, "reason");
    std::cout << fmt::format("  {:<8}  {}  {}  since {}{}{}\n", text_at(alert, "state"), text_at(alert, "subject"),
                             text_at(alert, "level"), text_at(alert, "since"), reason.empty() ? "" : "  ", reason);
  }
}

void print_receiver(const json::object& receiver) {
  const std::string oldest = text_at(receiver, "oldest");
  std::cout << fmt::format("receiver {} ({}): {} waiting{}{}, {} dead\n", text_at(receiver, "name"),
                           text_at(receiver, "kind"), text_at(receiver, "waiting"), oldest.empty() ? "" : " since ",
                           oldest, text_at(receiver, "dead"));
}

void print_dead(const json::object& dead) {
  const std::string attempts = text_at(dead, "attempts");
  std::cout << fmt::format("dead letter {} to {}: {}\n  {} {} until {}: {}\n", text_at(dead, "id"),
                           text_at(dead, "receiver"), text_at(dead, "title"), attempts,
                           attempts == "1" ? "attempt" : "attempts", text_at(dead, "gave_up_at"),
                           text_at(dead, "error"));
}

int list(const Access& service, bool as_json) {
  const Answer answer = expect(200, administer(service, "GET", "/hardware/alerts"));
  if (as_json) {
    std::cout << answer.body;
    return 0;
  }
  const json::value value = json_of(answer);
  for (const json::value& rule : list_at(value, "rules")) print_rule(rule.as_object());
  for (const json::value& receiver : list_at(value, "receivers")) print_receiver(receiver.as_object());
  for (const json::value& dead : list_at(value, "dead")) print_dead(dead.as_object());
  if (list_at(value, "rules").empty()) std::cout << "no rules; write some under alerts in the configuration\n";
  return 0;
}

int test(const Access& service, const std::string& receiver) {
  const std::string body = json::serialize(json::object{{"receiver", receiver}});
  expect(200, administer(service, "POST", "/hardware/alerts/test", body, kLong));
  std::cout << fmt::format("{} has taken the test message\n", base::to_line(receiver));
  return 0;
}

int retry(const Access& service, const std::string& id) {
  const std::string body = json::serialize(id.empty() ? json::object() : json::object{{"id", id}});
  const json::value value = json_of(expect(200, administer(service, "POST", "/hardware/alerts/retry", body)));
  const std::string count = text_at(value.as_object(), "retried"), late = text_at(value.as_object(), "overtaken");
  std::cout << fmt::format("{} {} tried again\n", count, count == "1" ? "message is" : "messages are");
  if (!late.empty() && late != "0")
    std::cout << fmt::format("{} {} not: later messages about the same group have arrived\n", late,
                             late == "1" ? "is" : "are");
  return 0;
}

struct Replay {
  std::string rule, file, since = "24h", from, to;
  bool as_json = false;
};

std::string replay_body(const Replay& replay) {
  const base::Time now = base::system_clock().wall_now();
  json::object body;
  if (!replay.rule.empty()) body["rule"] = replay.rule;
  if (!replay.file.empty()) body["rules"] = content_of(replay.file);
  const base::Time from =
      replay.from.empty() ? past_time("--since", replay.since, now) : past_time("--from", replay.from, now);
  body["from"] = base::to_rfc3339(from);
  if (!replay.to.empty()) body["to"] = base::to_rfc3339(past_time("--to", replay.to, now));
  return json::serialize(body);
}

void print_message(const json::object& message) {
  std::cout << fmt::format("{}  {:<8}  {}  {}\n", text_at(message, "at"), text_at(message, "kind"),
                           text_at(message, "rule"), text_at(message, "title"));
  const json::array& items = message.at("items").as_array();
  if (items.size() < 2) return;
  for (const json::value& item : items)
    std::cout << fmt::format(
        "  {}{}\n", item.as_object().at("firing").as_bool() ? "" : "Over: ", text_at(item.as_object(), "text"));
}

int replay(const Access& service, const Replay& options) {
  Answer answer = administer(service, "POST", "/hardware/alerts/replay", replay_body(options), kLong);
  if (answer.status != 200) {
    // The service does not know where the rules are from.
    const std::string detail = detail_of(answer, answer.url);
    const bool of_file = !options.file.empty() && detail.starts_with("rules:");
    throw base::UsageError(of_file ? options.file + detail.substr(std::string_view("rules").size()) : detail);
  }
  if (options.as_json) {
    std::cout << answer.body;
    return 0;
  }
  const json::value value = json_of(answer);
  const json::array& messages = list_at(value, "messages");
  for (const json::value& message : messages) print_message(message.as_object());
  const json::object& object = value.as_object();
  std::cout << fmt::format("{} {} from {} to {}{}\n", messages.size(), messages.size() == 1 ? "message" : "messages",
                           text_at(object, "from"), text_at(object, "to"),
                           object.at("more").as_bool() ? ", and more that are not shown" : "");
  return 0;
}

void add_replay(CLI::App& command, Replay& options) {
  command.add_option("RULE", options.rule, "One rule (default all)");
  command.add_option("--rules", options.file, "Other rules: a list of them, or a configuration; - is standard input")
      ->type_name("FILE");
  CLI::Option* const since =
      command.add_option("--since", options.since, "From so long ago until now, as 6h or 7d (default 24h)")
          ->type_name("TIME");
  CLI::Option* const from = command.add_option("--from", options.from, fmt::format("From that time on, {}", kPastTime))
                                ->type_name("TIME")
                                ->excludes(since);
  command.add_option("--to", options.to, "Until that time, likewise (default now)")->type_name("TIME")->needs(from);
  command.add_flag("--json", options.as_json, "As JSON");
}

}  // namespace

Command add_alert(CLI::App& program) {
  CLI::App* command = program.add_subcommand("alert", "List alerts, and try them out")->require_subcommand(1);
  const auto service = add_administration(*command);
  const auto subcommand = [command](const char* name, const char* help) {
    CLI::App* added = command->add_subcommand(name, help);
    added->fallthrough();
    return added;
  };
  CLI::App* listing = subcommand("list", "List each rule with its alerts, each receiver, and dead letters");
  const auto as_json = std::make_shared<bool>(false);
  listing->add_flag("--json", *as_json, "As JSON");
  CLI::App* testing = subcommand("test", "Send a test message to a receiver now");
  const auto receiver = std::make_shared<std::string>();
  testing->add_option("RECEIVER", *receiver, "Its name in the configuration")->required();
  CLI::App* replaying = subcommand("replay", "Show what rules would have sent over the stored history; sends nothing");
  const auto options = std::make_shared<Replay>();
  add_replay(*replaying, *options);
  CLI::App* retrying = subcommand("retry", "Try dead letters again");
  const auto id = std::make_shared<std::string>();
  retrying->add_option("ID", *id, "One of them (default all)");
  return [=] {
    if (testing->parsed()) return test(*service, *receiver);
    if (replaying->parsed()) return replay(*service, *options);
    return retrying->parsed() ? retry(*service, *id) : list(*service, *as_json);
  };
}

}  // namespace app
