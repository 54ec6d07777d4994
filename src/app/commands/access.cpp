#include "app/commands/access.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "config/servers.hpp"

namespace app {
namespace {

constexpr const char* kUrlVariable = "VACANCY_URL";
constexpr const char* kHardwareVariable = "VACANCY_HARDWARE_URL";
constexpr const char* kServerVariable = "VACANCY_SERVER";

struct Source {
  const char* flag;
  const char* variable;
};
constexpr Source kCaFile{"--ca-file", "VACANCY_CA_FILE"};
constexpr Source kTokenFile{"--token-file", "VACANCY_TOKEN_FILE"};
constexpr Source kAdminTokenFile{"--token-file", "VACANCY_HARDWARE_ADMIN_TOKEN_FILE"};
constexpr Source kLoginFile{"--login-file", "VACANCY_LOGIN_FILE"};
constexpr Source kHeaderFile{"--header-file", "VACANCY_HEADER_FILE"};

config::ServerEntry named(const config::Servers& all, const std::string& name, const std::string& file) {
  const auto found = all.servers.find(name);
  if (found != all.servers.end()) return found->second;
  if (file.empty())
    throw base::UsageError(fmt::format(
        "there is no server '{}': neither XDG_CONFIG_HOME nor HOME says where vacancy/config.yaml is", name));
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))
    throw base::UsageError(fmt::format("there is no server '{}' in {}, which is not there", name, file));
  std::vector<std::string_view> names;
  for (const auto& [known, server] : all.servers) names.push_back(known);
  const std::string_view near = base::nearest(name, names);
  throw base::UsageError(fmt::format("there is no server '{}' in {}{}", name, file,
                                     near.empty() ? std::string() : fmt::format("; did you mean '{}'?", near)));
}

/// The variables of --url and --server are read by chosen().
std::string with_variable(std::string_view help, std::string_view variable) {
  return fmt::format("{} (environment: {})", help, variable);
}

void add_files(CLI::App& command, Access& access, CLI::Option* url) {
  command
      .add_option("--server", access.server,
                  with_variable("A server of ~/.config/vacancy/config.yaml, by its name", kServerVariable))
      ->type_name("NAME")
      ->excludes(url);
  command.add_option(kCaFile.flag, access.ca_file, "Trust the authorities of this file (PEM) instead of the system's")
      ->type_name("FILE")
      ->envname(kCaFile.variable);
  command.add_option(kHeaderFile.flag, access.header_file, "Send the headers of this file: lines \"Name: value\"")
      ->type_name("FILE")
      ->envname(kHeaderFile.variable);
}

}  // namespace

Chosen chosen(const Access& access) {
  const char* const variable = access.administration ? kHardwareVariable : kUrlVariable;
  const char* const url_key = access.administration ? "hardware_url" : "url";
  // A flag of one kind is over a variable of the other.
  Chosen chosen{.url = {access.url, access.administration ? "--hardware-url" : "--url", true}};
  std::string name = access.server;
  if (!chosen.url && name.empty()) chosen.url = {base::variable(variable), variable, true};
  if (!chosen.url && name.empty()) name = base::variable(kServerVariable);
  const std::string file = config::servers_file();
  const config::Servers all = chosen.url ? config::Servers() : config::load_servers(file);
  if (!chosen.url && name.empty()) name = all.default_server;
  // Either a URL is given, or a name, or neither.
  config::ServerEntry entry;
  if (!name.empty()) entry = named(all, name, file);
  const auto key = [&](std::string value, const char* key) {
    return Given{std::move(value), all.place(fmt::format("servers.{}.{}", name, key))};
  };
  if (!name.empty()) {
    chosen.url = key(access.administration ? entry.hardware_url : entry.url, url_key);
    if (!chosen.url)
      throw base::UsageError(fmt::format("{}: has no {}, which is where its {} is", all.place("servers." + name),
                                         url_key, access.administration ? "hardware service" : "portal"));
  }
  if (!chosen.url) chosen.url.value = access.administration ? "http://localhost:5001" : "http://localhost:5000";
  const auto either = [&](const std::string& here, const Source& source, std::string value, const char* named) {
    if (here.empty()) return key(std::move(value), named);
    return Given{here, here == base::variable(source.variable) ? source.variable : source.flag, true};
  };
  chosen.ca_file = either(access.ca_file, kCaFile, entry.ca_file, "ca_file");
  chosen.header_file = either(access.header_file, kHeaderFile, entry.header_file, "header_file");
  // One login replaces the other.
  const bool has_login = !access.token_file.empty() || !access.login_file.empty();
  if (has_login) entry.token_file = entry.admin_token_file = entry.login_file = "";
  chosen.token_file = access.administration
                          ? either(access.token_file, kAdminTokenFile, entry.admin_token_file, "admin_token_file")
                          : either(access.token_file, kTokenFile, entry.token_file, "token_file");
  // The portal's login is not that of administration.
  if (access.administration && chosen.token_file) entry.login_file = "";
  chosen.login_file = either(access.login_file, kLoginFile, entry.login_file, "login_file");
  return chosen;
}

std::shared_ptr<Access> add_access(CLI::App& command) {
  const auto access = std::make_shared<Access>();
  CLI::Option* url =
      command
          .add_option("--url", access->url,
                      with_variable("Where the portal is; http or https (default http://localhost:5000)", kUrlVariable))
          ->type_name("URL");
  add_files(command, *access, url);
  CLI::Option* token =
      command.add_option(kTokenFile.flag, access->token_file, "Send the token of this file, as Bearer")
          ->type_name("FILE")
          ->envname(kTokenFile.variable);
  command
      .add_option(kLoginFile.flag, access->login_file, "Log in as this file says, USER:PASSWORD (basic authentication)")
      ->type_name("FILE")
      ->envname(kLoginFile.variable)
      ->excludes(token);
  return access;
}

std::shared_ptr<Access> add_administration(CLI::App& command) {
  const auto access = std::make_shared<Access>();
  access->administration = true;
  CLI::Option* url =
      command
          .add_option("--hardware-url,--url", access->url,
                      with_variable("Where the hardware service is; http or https (default http://localhost:5001)",
                                    kHardwareVariable))
          ->type_name("URL");
  add_files(command, *access, url);
  command
      .add_option(kAdminTokenFile.flag, access->token_file,
                  fmt::format("The admin token, as `vacancy up` writes it (default {})", kAdminToken))
      ->type_name("FILE")
      ->envname(kAdminTokenFile.variable);
  return access;
}

}  // namespace app
