#include "app/flags.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "app/healthcheck.hpp"
#include "app/help.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/standard_streams.hpp"
#include "config/load.hpp"
#include "config/print.hpp"

namespace app {
namespace {

/// A program that ends with a message does not wait longer for its reader.
constexpr std::chrono::seconds kMessageWait{1};

}  // namespace

CommonFlags::CommonFlags(CLI::App& command, std::string here) : here_(std::move(here)) {
  command.add_option("--config", file_, "YAML file (environment: VACANCY_CONFIG); keys are in docs/operations.md");
  command.add_option("--log-level", log_level_, "trace, debug, info, warn, error or off");
  command.add_flag("--check-config", check_, "Check the configuration and exit");
  command.add_flag("--print-config", print_, "Print the effective configuration and exit");
  command.add_flag("--healthcheck", healthcheck_,
                   "Ask the program that runs here with the same configuration whether it is ready, and exit");
}

std::optional<config::Config> CommonFlags::load(const config::Config& defaults,
                                                const std::function<void(config::Config&)>& override) {
  if (!file_)
    if (const char* file = std::getenv("VACANCY_CONFIG"); file != nullptr && *file != '\0') file_ = file;
  std::error_code ignored;
  if (!file_ && !here_.empty() && std::filesystem::exists(here_, ignored)) file_ = here_;
  config::Config config = config::load(file_, config::environment_of_process(), defaults);
  if (log_level_) config.log_level = *log_level_;
  override(config);
  config::validate(config);
  if (print_) std::cout << config::to_yaml(config);
  if (check_) std::cout << "The configuration is valid.\n";
  if (print_ || check_) return std::nullopt;
  if (healthcheck_) {
    check_health(config.admin);
    std::cout << "ready\n";
    return std::nullopt;
  }
  // Once: other threads may be using the logger when the configuration is loaded anew.
  if (!std::exchange(logging_, true)) base::set_up_logging(config.log_level);
  return config;
}

std::string started_with(const CommonFlags& common, const std::string& database) {
  return fmt::format("; version {}{}{}, configuration {}", VACANCY_VERSION, database.empty() ? "" : ", database ",
                     database, common.source());
}

void add_port(CLI::App& command, const std::string& name, std::optional<std::uint16_t>& port, const std::string& help) {
  command.add_option(name, port, help + "; 0 takes a free one")->check(CLI::Range(0, 65535));
}

namespace {

/// The innermost command that was given.
const CLI::App& given(const CLI::App& program) {
  for (const CLI::App* below : program.get_subcommands()) return given(*below);
  return program;
}

/// The message about a word that is unknown; "" for any other mistake.
std::string unknown_word(const CLI::App& program, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = program.remaining(true);
  const bool extra = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  const bool missing = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  if (unknown.empty() || (!extra && !missing)) return "";
  const CLI::App& command = given(program);
  const std::string& word = unknown.front();
  if (word.starts_with('-')) {
    if (missing && suggestion(word, flags_of(command)).empty()) return "";
    return fmt::format("'{}' has no flag {}{}", describe(command).name, word, suggestion(word, flags_of(command)));
  }
  // The library takes a command that it does not know for a missing one.
  if (!commands_of(command).empty())
    return fmt::format("there is no command '{}'{}", word, suggestion(word, commands_of(command)));
  return missing ? "" : fmt::format("'{}' does not take '{}'", describe(command).name, word);
}

}  // namespace

std::optional<int> parse(CLI::App& program, int argc, char** argv) {
  set_help(program);
  try {
    program.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& end) {
    if (end.get_exit_code() == 0) return program.exit(end);
    const std::string unknown = unknown_word(program, end);
    std::cerr << fmt::format("{}: {}\nRun `{} --help` for more information.\n", program.get_name(),
                             unknown.empty() ? end.what() : unknown, describe(given(program)).name);
    return 2;
  }
}

int guarded(const std::string& program, const std::function<int()>& body) {
  const auto fail = [&program](const std::exception& error, int code) {
    base::flush_log();
    base::write_within(STDERR_FILENO, fmt::format("{}: {}\n", program, error.what()), kMessageWait);
    return code;
  };
  try {
    const int code = body();
    if (!std::cout.flush()) throw std::runtime_error("cannot write to standard output");
    base::flush_log();
    return code;
  } catch (const base::UsageError& error) {
    return fail(error, 2);
  } catch (const std::exception& error) {
    return fail(error, 1);
  }
}

}  // namespace app
