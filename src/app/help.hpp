#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

/// A command and its flags, described once: --help, the manual pages and the completion are made of it.
namespace app {

struct Described {
  struct Entry {
    /// "-o, --output FORM", "PROVIDER", "list"
    std::string form;
    std::string help;
  };

  /// "vacancy profile add"
  std::string name;
  std::string usage;
  std::string about;
  std::vector<Entry> arguments, options, commands;
  std::string notes;
};

/// Options that have no group are left out. `inherited`: with the flags of the command above, which it takes, too.
Described describe(const CLI::App& command, bool inherited = true);

/// As --help prints it, in lines of `columns` at most.
std::string to_text(const Described& described, std::size_t columns = 80);

/// As a page of man(1), with the commands of `command` below it. `version` is that of the program.
std::string to_man(const CLI::App& command, const std::string& version);

/// Gives the program and all of its commands this help, and -h and --help.
void set_help(CLI::App& program);

/// The words that begin with `known` could be misspelt for; "" or "; did you mean 'list'?".
std::string suggestion(const std::string& word, const std::vector<std::string>& known);

/// The words that an option may have, where it is one of a set.
std::vector<std::string> values_of(const CLI::Option& option);
/// For a sentence: "a number from 1 to 5", "table, wide or json", "a value, FILE".
std::string taken_by(const CLI::Option& option);
/// "--limit", or "WORD" for an argument.
std::string option_name(const CLI::Option& option);

/// Commands that can be given below `command`, and flags: with those of the commands above that it takes, too.
std::vector<std::string> commands_of(const CLI::App& command);
std::vector<std::string> flags_of(const CLI::App& command);

}  // namespace app
