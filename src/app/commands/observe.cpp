#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <random>
#include <thread>

#include "app/commands/administration.hpp"
#include "app/commands/commands.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"

namespace app {
namespace {

namespace json = boost::json;

struct Told {
  NamedProfile profile;
  bool launched = false;
  std::string error, took, where, source, at, id;
};

json::object body_of(const Told& told) {
  const core::ProfileKey key = told.profile.key();
  json::object body{{"provider", key.provider}, {"name", key.name}, {"outcome", told.launched ? "launched" : "failed"}};
  for (const auto& [name, value] : {std::pair{"error", &told.error},
                                    {"took", &told.took},
                                    {"where", &told.where},
                                    {"source", &told.source},
                                    {"at", &told.at},
                                    {"id", &told.id}})
    if (!value->empty()) body[name] = *value;
  return body;
}

/// By which a launch counts once, though it is told again after an answer that was lost.
std::string any_id() {
  std::random_device random;
  return fmt::format("observe-{:08x}{:08x}{:08x}", random(), random(), random());
}

/// The hardware service and the portal take it alike. Launches that end together may be too many for a moment.
Answer send(const Access& service, const Told& told) {
  using namespace std::chrono_literals;
  const Remote remote(service);
  const Ask ask{.method = "POST", .target = "/api/v1/observations", .body = json::serialize(body_of(told))};
  Answer answer = remote.send(ask);
  for (const base::Duration pause : {500ms, 1000ms, 2000ms, 4000ms, 8000ms}) {
    if (answer.status != 503) break;
    std::cerr << fmt::format("vacancy: {}: {}; telling it again in {}\n", remote.url(), detail_of(answer),
                             base::to_string(pause));
    std::this_thread::sleep_for(pause);
    answer = remote.send(ask);
  }
  if (answer.status == 401 || answer.status == 403) throw base::UsageError(remote.refusal(answer));
  if (answer.status >= 500) throw base::Lost(fmt::format("{}: {}", remote.url(), detail_of(answer)));
  return expect(200, std::move(answer));
}

int observe(const Access& service, const Told& told) {
  const json::value value = json_of(send(service, told));
  const auto text = [&](std::string_view key) {
    const json::value* found = value.as_object().if_contains(key);
    return found == nullptr ? "" : base::to_line(found->as_string());
  };
  std::string line = fmt::format("{}/{}: {}", text("provider"), text("name"), text("effect"));
  if (!text("said").empty()) line += fmt::format("; it said {}", text("said"));
  if (!text("detail").empty()) line += fmt::format("; {}", text("detail"));
  std::cout << line << '\n';
  return 0;
}

}  // namespace

Command add_observe(CLI::App& program) {
  CLI::App* command = program.add_subcommand("observe", "Tell that a launch worked or failed");
  const auto service = add_administration(*command);
  const auto told = std::make_shared<Told>();
  add_named_profile(*command, told->profile);
  CLI::Option* const launched = command->add_flag("--launched", told->launched, "It worked");
  CLI::Option* const failed =
      command->add_option("--failed", told->error, "It failed with this error, as the cloud has it")
          ->type_name("ERROR");
  launched->excludes(failed);
  command->add_option("--took", told->took, "How long it took, as 42s")->type_name("DURATION");
  command->add_option("--where", told->where, "The region or zone")->type_name("PLACE");
  command->add_option("--source", told->source, "Who tells it, as terraform")->type_name("NAME");
  command->add_option("--at", told->at, "When it ended, in RFC 3339 (default now)")->type_name("TIME");
  command->add_option("--id", told->id, "By which it counts once, however often it is told (default one of its own)")
      ->type_name("ID");
  return [=] {
    if (launched->empty() && failed->empty()) throw base::UsageError("give --launched, or --failed ERROR");
    if (told->id.empty()) told->id = any_id();
    return observe(*service, *told);
  };
}

}  // namespace app
