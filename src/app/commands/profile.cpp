#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <span>

#include "app/commands/administration.hpp"
#include "app/commands/commands.hpp"
#include "app/commands/profile_file.hpp"
#include "app/commands/profile_import.hpp"
#include "app/json_text.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace app {
namespace {

struct Options {
  NamedProfile profile;
  std::optional<std::string> new_provider, new_name;
  /// LABEL=VALUE each, as arguments and behind --label.
  std::vector<std::string> labels, more_labels;
  std::vector<std::string> unset;
  bool replace = false;
};

/// The profile and its labels, of LABEL=VALUE and --label.
core::Profile given(const Options& options) {
  std::vector<std::string> pairs = options.labels;
  core::Profile given{.key = options.profile.key_before(pairs)};
  pairs.insert(pairs.end(), options.more_labels.begin(), options.more_labels.end());
  for (const std::string& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos)
      throw base::UsageError(fmt::format("'{}' is not a label; write LABEL=VALUE", base::to_line(pair)));
    if (!given.labels.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second)
      throw base::UsageError(fmt::format("label '{}' is given twice", base::to_line(pair.substr(0, equals))));
  }
  return given;
}

/// The old and the new key. Of three words, the last is the new key when it has a slash.
std::pair<core::ProfileKey, core::ProfileKey> renamed(const Options& options) {
  std::vector<std::string> words{options.profile.provider};
  for (const auto& word : {options.profile.name, options.new_provider, options.new_name})
    if (word) words.push_back(*word);
  const std::size_t split = words.size() == 4 || (words.size() == 3 && words.back().contains('/')) ? 2 : 1;
  const auto named = [](std::span<const std::string> of) {
    return NamedProfile{of.front(), of.size() > 1 ? std::optional(of.back()) : std::nullopt};
  };
  const bool whole = words.size() > 1 && (split == 2 || words.front().contains('/')) &&
                     (words.size() == split + 2 || words.back().contains('/'));
  if (!whole)
    throw base::UsageError(
        "to rename a profile, write PROVIDER NAME NEW_PROVIDER NEW_NAME, or PROVIDER/NAME NEW_PROVIDER/NEW_NAME");
  const std::span<const std::string> all(words);
  return {named(all.first(split)).key(), named(all.subspan(split)).key()};
}

int add(const Access& service, const Options& options) {
  const auto [id, key, labels] = given(options);
  const Answer answer = expect(201, administer(service, "POST", "/hardware/", profile_body(key, &labels)));
  std::cout << fmt::format("added {} {} (id {})\n", key.provider, key.name, to_json(json_of(answer).at("id")));
  return 0;
}

int rename(const Access& service, const Options& options) {
  const auto [before, after] = renamed(options);
  const core::ProfileId id = known_profile(service, before).id;
  expect(200, administer(service, "PUT", fmt::format("/hardware/{}", id), profile_body(after)));
  std::cout << fmt::format("renamed {} {} to {} {}\n", before.provider, before.name, after.provider, after.name);
  return 0;
}

int set(const Access& service, const Options& options) {
  const core::Profile wanted = given(options);
  const core::ProfileKey& key = wanted.key;
  if (wanted.labels.empty() && options.unset.empty() && !options.replace)
    throw base::UsageError("nothing to set; give LABEL=VALUE, --unset LABEL, or --replace alone to take all away");
  const core::Profile profile = known_profile(service, key);
  core::Labels labels = options.replace ? core::Labels() : profile.labels;
  for (const std::string& unset : options.unset)
    if (labels.erase(unset) == 0)
      throw base::UsageError(fmt::format("{} {} has no label '{}'", key.provider, key.name, base::to_line(unset)));
  for (const auto& [name, value] : wanted.labels) labels[name] = value;
  expect(200, administer(service, "PUT", fmt::format("/hardware/{}", profile.id), profile_body(key, &labels)));
  std::cout << fmt::format("{} {} has {} label{}\n", key.provider, key.name, labels.size(),
                           labels.size() == 1 ? "" : "s");
  return 0;
}

int remove(const Access& service, const Options& options) {
  const core::ProfileKey key = options.profile.key();
  expect(204, administer(service, "DELETE", fmt::format("/hardware/{}", known_profile(service, key).id)));
  std::cout << fmt::format("removed {} {}\n", key.provider, key.name);
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
    add_named_profile(*action, options->profile);
    return action;
  };
  CLI::App* adding = add_action("add", "Add a profile");
  adding->add_option("LABEL", options->labels, "LABEL=VALUE, for its probe and readers");
  adding->add_option("--label,--attribute", options->more_labels, "The same; may be repeated")
      ->type_name("LABEL=VALUE")
      ->allow_extra_args(false);
  CLI::App* setting = add_action("set", "Give a profile these labels; the others that it has stay");
  setting->add_option("LABEL", options->labels, "LABEL=VALUE, for its probe and readers");
  setting->add_option("--unset", options->unset, "Take this label away; may be repeated")
      ->type_name("LABEL")
      ->allow_extra_args(false);
  setting->add_flag("--replace", options->replace, "Take all away that it has before");
  CLI::App* renaming = add_action("rename", "Give a profile another provider and name; it is measured again");
  renaming->add_option("NEW_PROVIDER", options->new_provider, "Or NEW_PROVIDER/NEW_NAME in one word");
  renaming->add_option("NEW_NAME", options->new_name);
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
