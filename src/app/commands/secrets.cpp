#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "app/commands/commands.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"

namespace app {
namespace {

/// Secrets are read by their owner and by its group: the program, and the database it shares one with.
constexpr mode_t kSecretMode = 0440;

struct Options {
  std::vector<std::string> files{};
  /// Variables, each with the file that gets its value.
  std::vector<std::pair<std::string, std::string>> variables{};
  bool replace = false;
};

std::string value_of(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr)
    throw base::UsageError(fmt::format("the environment has no variable '{}'; set it to the secret", variable));
  if (base::trim(value).empty())
    throw base::UsageError(fmt::format("the variable '{}' is empty; set it to the secret", variable));
  return value;
}

int write_secrets(const Options& options) {
  if (options.files.empty() && options.variables.empty())
    throw base::UsageError("secrets needs a FILE, or --from-environment NAME FILE");
  // All are looked at before one is written.
  std::vector<std::pair<std::string, std::string>> contents;
  for (const auto& [variable, file] : options.variables) contents.emplace_back(file, value_of(variable));
  for (const auto& [file, content] : contents) {
    base::write_secret(file, content, kSecretMode);
    std::cout << file << ": written\n";
  }
  for (const std::string& file : options.files) {
    if (options.replace) base::replace_secret(file, kSecretMode);
    const bool made = options.replace || base::make_secret(file, kSecretMode);
    std::cout << file << (made ? ": made\n" : ": is there already\n");
  }
  return 0;
}

}  // namespace

Command add_secrets(CLI::App& program) {
  const auto options = std::make_shared<Options>();
  CLI::App* secrets = program.add_subcommand(
      "secrets", "Write a new random secret into each file that does not exist, mode 0440, and exit");
  secrets->add_option("FILE", options->files);
  secrets->add_flag("--replace", options->replace, "Also replace existing files");
  secrets
      ->add_option("--from-environment", options->variables,
                   "Write the value of this variable into this file, whether it exists or not")
      ->type_name("NAME FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
  return [options] { return write_secrets(*options); };
}

}  // namespace app
