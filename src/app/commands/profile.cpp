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
  std::vector<std::string> labels;
  std::vector<std::string> unset;
  bool replace = false;
};

core::Labels given_labels(const Options& options) {
  core::Labels labels;
  for (const std::string& text : options.labels) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) throw base::UsageError(fmt::format("'{}' is not a label; write KEY=VALUE", text));
    labels[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return labels;
}

int add(const Access& service, const Options& options) {
  const core::Labels labels = given_labels(options);
  const Answer answer =
      expect(201, administer(service, "POST", "/hardware/", profile_body(options.provider, options.name, &labels)));
  const json::value value = json::parse(json::string_view(answer.body));
  std::cout << fmt::format("added {} {} (id {})\n", options.provider, options.name,
                           value.at("id").to_number<std::int64_t>());
  return 0;
}

int rename(const Access& service, const Options& options) {
  expect(200, administer(service, "PUT",
                         fmt::format("/hardware/{}", known_profile(service, {options.provider, options.name}).id),
                         profile_body(options.new_provider, options.new_name)));
  std::cout << fmt::format("renamed {} {} to {} {}\n", options.provider, options.name, options.new_provider,
                           options.new_name);
  return 0;
}

int set(const Access& service, const Options& options) {
  const core::Labels given = given_labels(options);
  if (given.empty() && options.unset.empty() && !options.replace)
    throw base::UsageError("nothing to set; give KEY=VALUE, --unset KEY, or --replace alone to take all away");
  const core::Profile profile = known_profile(service, {options.provider, options.name});
  core::Labels labels = options.replace ? core::Labels() : profile.labels;
  for (const std::string& unset : options.unset)
    if (labels.erase(unset) == 0)
      throw base::UsageError(
          fmt::format("{} {} has no label '{}'", options.provider, options.name, base::to_line(unset)));
  for (const auto& [name, value] : given) labels[name] = value;
  expect(200, administer(service, "PUT", fmt::format("/hardware/{}", profile.id),
                         profile_body(options.provider, options.name, &labels)));
  std::cout << fmt::format("{} {} has {} label{}\n", options.provider, options.name, labels.size(),
                           labels.size() == 1 ? "" : "s");
  return 0;
}

int remove(const Access& service, const Options& options) {
  expect(204, administer(service, "DELETE",
                         fmt::format("/hardware/{}", known_profile(service, {options.provider, options.name}).id)));
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
  adding->add_option("--label,--attribute", options->labels, "KEY=VALUE, which its probe is told; may be repeated")
      ->type_name("KEY=VALUE");
  CLI::App* setting = add_action("set", "Give a profile these labels; the others that it has stay");
  setting->add_option("LABEL", options->labels, "KEY=VALUE, which its probe is told");
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
