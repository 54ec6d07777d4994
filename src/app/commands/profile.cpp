#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <sstream>

#include "app/commands/commands.hpp"
#include "app/commands/request.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace app {
namespace {

namespace json = boost::json;

struct Options {
  std::string url = "http://localhost:5001";
  std::string token_file = "data/admin-token";
  std::string provider, name, new_provider, new_name;
};

std::pair<std::string, std::string> authorization(const Options& options) {
  std::ifstream in(options.token_file);
  std::stringstream content;
  content << in.rdbuf();
  if (!in)
    throw base::UsageError(
        fmt::format("cannot read the admin token file '{}'; name it with --token-file", options.token_file));
  return {"Authorization", fmt::format("Bearer {}", base::trim(content.str()))};
}

std::string body_of(const std::string& provider, const std::string& name) {
  return json::serialize(json::object{{"provider", provider}, {"name", name}});
}

Answer send_expecting(const Options& options, http::ClientRequest request, int status) {
  request.headers.push_back(authorization(options));
  request.headers.emplace_back("Content-Type", "application/json");
  Answer answer = send(options.url, request);
  if (answer.status != status) throw base::UsageError(detail_of(answer));
  return answer;
}

std::int64_t id_of(const Options& options) {
  const Answer answer = send(options.url, {.target = "/hardware/"});
  if (answer.status != 200) throw base::Lost(detail_of(answer));
  const json::value value = json::parse(json::string_view(answer.body));
  for (const json::value& row : value.as_array())
    if (row.at("provider").as_string() == std::string_view(options.provider) &&
        row.at("name").as_string() == std::string_view(options.name))
      return row.at("id").to_number<std::int64_t>();
  throw base::UsageError(fmt::format("there is no profile '{}' '{}'", options.provider, options.name));
}

int add(const Options& options) {
  const Answer answer = send_expecting(
      options,
      {.method = "POST", .target = "/hardware/", .headers = {}, .body = body_of(options.provider, options.name)}, 201);
  const json::value value = json::parse(json::string_view(answer.body));
  std::cout << fmt::format("added {} {} (id {})\n", options.provider, options.name,
                           value.at("id").to_number<std::int64_t>());
  return 0;
}

int rename(const Options& options) {
  send_expecting(options,
                 {.method = "PUT",
                  .target = fmt::format("/hardware/{}", id_of(options)),
                  .headers = {},
                  .body = body_of(options.new_provider, options.new_name)},
                 200);
  std::cout << fmt::format("renamed {} {} to {} {}\n", options.provider, options.name, options.new_provider,
                           options.new_name);
  return 0;
}

int remove(const Options& options) {
  send_expecting(options, {.method = "DELETE", .target = fmt::format("/hardware/{}", id_of(options))}, 204);
  std::cout << fmt::format("removed {} {}\n", options.provider, options.name);
  return 0;
}

}  // namespace

Command add_profile(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("profile", "Add, rename or remove hardware profiles")->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  command->add_option("--hardware-url", options->url, "Where the hardware service is")->capture_default_str();
  command->add_option("--token-file", options->token_file, "The admin token, as `vacancy up` writes it")
      ->capture_default_str();
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
  return [options, adding, renaming] {
    if (adding->parsed()) return add(*options);
    return renaming->parsed() ? rename(*options) : remove(*options);
  };
}

}  // namespace app
