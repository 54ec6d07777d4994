#include "app/flags.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <span>

#include "app/healthcheck.hpp"
#include "app/help.hpp"
#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/standard_streams.hpp"
#include "base/time_zone.hpp"
#include "config/load.hpp"
#include "config/print.hpp"

namespace app {
namespace {

/// A program that ends with a message does not wait longer for its reader.
constexpr std::chrono::seconds kMessageWait{1};

/// Checks that depend on the machine, which a start makes, too.
void check_here(const config::Config& config) {
  if (const auto zone = base::TimeZone::find(config.alerts.time_zone); !zone)
    throw base::UsageError("alerts.time_zone: " + zone.error().message);
}

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
  if (const std::string file = base::variable("VACANCY_CONFIG"); !file_ && !file.empty()) file_ = file;
  std::error_code ignored;
  if (!file_ && !here_.empty() && std::filesystem::exists(here_, ignored)) file_ = here_;
  config::Config config = config::load(file_, config::environment_of_process(), defaults);
  if (log_level_) config.log_level = *log_level_;
  override(config);
  config::validate(config);
  if (print_) std::cout << config::to_yaml(config);
  if (check_) check_here(config);
  if (check_) std::cout << "The configuration is valid.\n";
  if (print_ || check_) return std::nullopt;
  if (healthcheck_) {
    check_health(config.admin);
    std::cout << "ready\n";
    return std::nullopt;
  }
  // Once: other threads may be using the logger when the configuration is reloaded.
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

/// The innermost command before `word`, where it stands last: it may also be a name of a command before it.
const CLI::App& before(const CLI::App& program, std::span<char*> arguments, const std::string& word) {
  const CLI::App* at = &program;
  const auto behind = std::find(arguments.rbegin(), arguments.rend(), word);
  const auto count = behind != arguments.rend() ? arguments.rend() - behind - 1 : std::ssize(arguments);
  for (const std::string_view argument : arguments.first(static_cast<std::size_t>(count))) {
    for (const CLI::App* below : at->get_subcommands())
      if (below->get_name() == argument) {
        at = below;
        break;
      }
  }
  return *at;
}

/// Does the command take this flag, itself or for the one above?
bool takes(const CLI::App& command, const std::string& flag) {
  for (const CLI::App* at = &command; at != nullptr; at = at->get_fallthrough() ? at->get_parent() : nullptr)
    if (at->get_option_no_throw(flag) != nullptr) return true;
  return false;
}

/// The message about a word that is unknown; "" for any other mistake.
std::string unknown_word(const CLI::App& program, std::span<char*> arguments, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = program.remaining(true);
  const bool extra = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  const bool missing = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  if (unknown.empty() || (!extra && !missing)) return "";
  const std::string& word = unknown.front();
  const CLI::App& command = before(program, arguments, word);
  const std::string name = describe(command).name;
  if (word.starts_with('-')) {
    // Its value may be a secret.
    const std::string flag = word.substr(0, word.find('='));
    if (takes(given(program), flag)) return fmt::format("{} belongs behind '{}'", flag, describe(given(program)).name);
    const std::string meant = suggestion(flag, flags_of(command));
    return fmt::format("'{}' has no flag {}{}", name, flag,
                       meant.empty() && missing ? "; flags follow a command" : meant);
  }
  // The library takes a command that it does not know for a missing one.
  if (!commands_of(command).empty())
    return fmt::format("there is no command '{}'{}", word, suggestion(word, commands_of(command)));
  return missing ? "" : fmt::format("'{}' does not take '{}'", name, word);
}

/// The message about a value that is empty, as a variable of a shell that is not set; "" when there is none.
std::string empty_value(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options())
    if (std::ranges::any_of(option->results(), &std::string::empty))
      return fmt::format("{} is empty; {}", option_name(*option),
                         option->get_positional() ? "give a word, or none" : "give a value, or leave the flag out");
  for (const CLI::App* below : command.get_subcommands())
    if (std::string message = empty_value(*below); !message.empty()) return message;
  return "";
}

/// The message about a flag without its value, with more than one, or with a word that is none of its set; "" for any
/// other mistake.
std::string wrong_value(const CLI::App& program, const CLI::ParseError& error) {
  const std::string_view message = error.what();
  const std::string flag(message.substr(0, message.find(':')));
  const CLI::Option* option = nullptr;
  for (const CLI::App* at = &given(program); at != nullptr && option == nullptr; at = at->get_parent())
    option = at->get_option_no_throw(flag);
  if (option == nullptr) return "";
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ArgumentMismatch)) {
    if (message.contains("At Most 1 ")) return fmt::format("{} is given more than once", flag);
    if (message.ends_with(" missing")) return fmt::format("{} needs {}", flag, taken_by(*option));
  }
  if (const auto set = message.find(" not in {"); set != std::string_view::npos) {
    const std::string word(message.substr(flag.size() + 2, set - flag.size() - 2));
    return fmt::format("{}: '{}' is not {}{}", flag, word, taken_by(*option), suggestion(word, values_of(*option)));
  }
  return "";
}

}  // namespace

std::optional<int> parse(CLI::App& program, int argc, char** argv) {
  set_help(program);
  std::string message;
  try {
    program.parse(argc, argv);
    message = empty_value(program);
    if (message.empty()) return std::nullopt;
  } catch (const CLI::ParseError& end) {
    if (end.get_exit_code() == 0) return program.exit(end);
    const std::span arguments(argv + 1, static_cast<std::size_t>(std::max(argc, 1) - 1));
    for (const std::string& better : {unknown_word(program, arguments, end), empty_value(program),
                                      wrong_value(program, end), std::string(end.what())})
      if (message.empty()) message = better;
  }
  std::cerr << fmt::format("{}: {}\nRun `{} --help` for more information.\n", program.get_name(), message,
                           describe(given(program)).name);
  return 2;
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
