#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>

#include "app/commands/administration.hpp"
#include "app/commands/commands.hpp"
#include "app/commands/profile_file.hpp"
#include "app/commands/profile_import.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace app {
namespace {

namespace json = boost::json;

struct Options {
  std::string provider, name, new_provider, new_name;
  /// KEY=VALUE each.
  std::vector<std::string> attributes;
  std::vector<std::string> unset;
  bool replace = false;
};

core::Attributes attributes_of(const Options& options) {
  core::Attributes attributes;
  for (const std::string& text : options.attributes) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) throw base::UsageError(fmt::format("'{}' is not a label; write KEY=VALUE", text));
    attributes[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return attributes;
}

std::int64_t id_of(const Access& service, const Options& options) {
  const Answer answer = administer(service, "GET", "/hardware/");
  if (answer.status != 200) throw base::Lost(detail_of(answer));
  const json::value value = json::parse(json::string_view(answer.body));
  for (const json::value& row : value.as_array())
    if (row.at("provider").as_string() == std::string_view(options.provider) &&
        row.at("name").as_string() == std::string_view(options.name))
      return row.at("id").to_number<std::int64_t>();
  throw base::UsageError(fmt::format("there is no profile '{}' '{}'", options.provider, options.name));
}

int add(const Access& service, const Options& options) {
  const core::Attributes attributes = attributes_of(options);
  const Answer answer =
      expect(201, administer(service, "POST", "/hardware/", profile_body(options.provider, options.name, &attributes)));
  const json::value value = json::parse(json::string_view(answer.body));
  std::cout << fmt::format("added {} {} (id {})\n", options.provider, options.name,
                           value.at("id").to_number<std::int64_t>());
  return 0;
}

int rename(const Access& service, const Options& options) {
  expect(200, administer(service, "PUT", fmt::format("/hardware/{}", id_of(service, options)),
                         profile_body(options.new_provider, options.new_name)));
  std::cout << fmt::format("renamed {} {} to {} {}\n", options.provider, options.name, options.new_provider,
                           options.new_name);
  return 0;
}

int set(const Access& service, const Options& options) {
  const core::Attributes given = attributes_of(options);
  if (given.empty() && options.unset.empty() && !options.replace)
    throw base::UsageError("nothing to set; give KEY=VALUE, --unset KEY, or --replace alone to take all away");
  const core::ProfileKey key{options.provider, options.name};
  const auto profiles = all_profiles(service);
  const auto profile = std::ranges::find(profiles, key, &core::Profile::key);
  if (profile == profiles.end())
    throw base::UsageError(fmt::format("there is no profile '{}' '{}'", options.provider, options.name));
  core::Attributes attributes = options.replace ? core::Attributes() : profile->attributes;
  for (const std::string& unset : options.unset)
    if (attributes.erase(unset) == 0)
      throw base::UsageError(
          fmt::format("{} {} has no label '{}'", options.provider, options.name, base::to_line(unset)));
  for (const auto& [name, value] : given) attributes[name] = value;
  expect(200, administer(service, "PUT", fmt::format("/hardware/{}", profile->id),
                         profile_body(options.provider, options.name, &attributes)));
  std::cout << fmt::format("{} {} has {} label{}\n", options.provider, options.name, attributes.size(),
                           attributes.size() == 1 ? "" : "s");
  return 0;
}

int remove(const Access& service, const Options& options) {
  expect(204, administer(service, "DELETE", fmt::format("/hardware/{}", id_of(service, options))));
  std::cout << fmt::format("removed {} {}\n", options.provider, options.name);
  return 0;
}

}  // namespace

Command add_profile(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("profile", "List, add, change, remove, export and import hardware profiles")
          ->require_subcommand(1);
  const auto service = add_administration(*command);
  const auto options = std::make_shared<Options>();
  const auto add_action = [&](const char* name, const char* help) {
    CLI::App* action = command->add_subcommand(name, help)->fallthrough();
    action->add_option("PROVIDER", options->provider)->required();
    action->add_option("NAME", options->name)->required();
    return action;
  };
  CLI::App* adding = add_action("add", "Add a profile");
  adding->add_option("--label,--attribute", options->attributes, "KEY=VALUE, which its probe is told; may be repeated")
      ->type_name("KEY=VALUE");
  CLI::App* setting = add_action("set", "Give a profile these labels; the others that it has stay");
  setting->add_option("LABEL", options->attributes, "KEY=VALUE, which its probe is told");
  setting->add_option("--unset", options->unset, "Take this label away; may be repeated")
      ->type_name("KEY")
      ->allow_extra_args(false);
  setting->add_flag("--replace", options->replace, "Take all away that it has before");
  CLI::App* renaming = add_action("rename", "Give a profile another provider and name; it is measured anew");
  renaming->add_option("NEW_PROVIDER", options->new_provider)->required();
  renaming->add_option("NEW_NAME", options->new_name)->required();
  add_action("remove", "Remove a profile");
  const Command importing = add_profile_import(*command, service);
  const auto files = add_profile_files(*command, service);
  return [=] {
    for (const auto& [name, run] : files)
      if (command->got_subcommand(name)) return run();
    if (adding->parsed()) return add(*service, *options);
    if (setting->parsed()) return set(*service, *options);
    if (renaming->parsed()) return rename(*service, *options);
    return command->got_subcommand("import") ? importing() : remove(*service, *options);
  };
}

}  // namespace app
