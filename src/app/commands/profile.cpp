#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "app/commands/administration.hpp"
#include "app/commands/commands.hpp"
#include "app/commands/profile_import.hpp"
#include "base/error.hpp"

namespace app {
namespace {

namespace json = boost::json;

struct Options {
  std::string provider, name, new_provider, new_name;
};

Answer expect(int status, Answer answer) {
  if (answer.status != status) throw base::UsageError(detail_of(answer));
  return answer;
}

std::int64_t id_of(const Administration& service, const Options& options) {
  const Answer answer = send(service.url, {.target = "/hardware/"});
  if (answer.status != 200) throw base::Lost(detail_of(answer));
  const json::value value = json::parse(json::string_view(answer.body));
  for (const json::value& row : value.as_array())
    if (row.at("provider").as_string() == std::string_view(options.provider) &&
        row.at("name").as_string() == std::string_view(options.name))
      return row.at("id").to_number<std::int64_t>();
  throw base::UsageError(fmt::format("there is no profile '{}' '{}'", options.provider, options.name));
}

int add(const Administration& service, const Options& options) {
  const Answer answer =
      expect(201, administer(service, "POST", "/hardware/", profile_body(options.provider, options.name)));
  const json::value value = json::parse(json::string_view(answer.body));
  std::cout << fmt::format("added {} {} (id {})\n", options.provider, options.name,
                           value.at("id").to_number<std::int64_t>());
  return 0;
}

int rename(const Administration& service, const Options& options) {
  expect(200, administer(service, "PUT", fmt::format("/hardware/{}", id_of(service, options)),
                         profile_body(options.new_provider, options.new_name)));
  std::cout << fmt::format("renamed {} {} to {} {}\n", options.provider, options.name, options.new_provider,
                           options.new_name);
  return 0;
}

int remove(const Administration& service, const Options& options) {
  expect(204, administer(service, "DELETE", fmt::format("/hardware/{}", id_of(service, options))));
  std::cout << fmt::format("removed {} {}\n", options.provider, options.name);
  return 0;
}

}  // namespace

Command add_profile(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("profile", "Add, rename, remove or import hardware profiles")->require_subcommand(1);
  const auto service = std::make_shared<Administration>();
  const auto options = std::make_shared<Options>();
  command->add_option("--hardware-url", service->url, "Where the hardware service is")->capture_default_str();
  command->add_option("--token-file", service->token_file, "The admin token, as `vacancy up` writes it")
      ->capture_default_str()
      ->envname("VACANCY_HARDWARE_ADMIN_TOKEN_FILE");
  const auto add_action = [&](const char* name, const char* help) {
    CLI::App* action = command->add_subcommand(name, help)->fallthrough();
    action->add_option("PROVIDER", options->provider)->required();
    action->add_option("NAME", options->name)->required();
    return action;
  };
  CLI::App* adding = add_action("add", "Add a profile");
  CLI::App* renaming = add_action("rename", "Give a profile another provider and name; it is measured anew");
  renaming->add_option("NEW_PROVIDER", options->new_provider)->required();
  renaming->add_option("NEW_NAME", options->new_name)->required();
  add_action("remove", "Remove a profile");
  const Command importing = add_profile_import(*command, service);
  return [service, options, command, adding, renaming, importing] {
    if (adding->parsed()) return add(*service, *options);
    if (renaming->parsed()) return rename(*service, *options);
    return command->got_subcommand("import") ? importing() : remove(*service, *options);
  };
}

}  // namespace app
