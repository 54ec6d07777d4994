#pragma once

#include <functional>
#include <optional>
#include <string>

#include "config/config.hpp"

namespace CLI {
class App;
}

namespace app {

/// The flags that every serving program has; they override the file and the environment.
class CommonFlags {
 public:
  /// `here`: the file that is read where neither flag nor variable names one, if it is there; "" for none.
  explicit CommonFlags(CLI::App& command, std::string here = "");

  /// Loads the configuration, over `defaults` and under the flags, and sets up logging the first time. `override` puts
  /// the program's own flags on top. When --check-config, --print-config or --healthcheck was given, does that and
  /// returns nothing.
  std::optional<config::Config> load(const config::Config& defaults,
                                     const std::function<void(config::Config&)>& override);

  /// The file that was read, for people; "none".
  std::string source() const { return file_.value_or("none"); }

 private:
  std::string here_;
  std::optional<std::string> file_;
  std::optional<std::string> log_level_;
  bool check_ = false;
  bool print_ = false;
  bool healthcheck_ = false;
  bool logging_ = false;
};

/// The end of the ready line: "; version 0.1.0, database sqlite:data/vacancy.db, configuration vacancy.yaml".
/// `database` is empty where there is none; it has no password in it.
std::string started_with(const CommonFlags& common, const std::string& database);

/// Adds an option for a port, 0 to 65535.
void add_port(CLI::App& command, const std::string& name, std::optional<std::uint16_t>& port, const std::string& help);

/// Parses the command line. An exit code when that is all: 0 after --help and --version, 2 for a mistake, which it has
/// explained.
std::optional<int> parse(CLI::App& program, int argc, char** argv);

/// Runs a program's body and turns what it throws into a message on standard error and an exit code: 2 for a mistake
/// of the user, 1 for anything else.
int guarded(const std::string& program, const std::function<int()>& body);

}  // namespace app
