#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "app/commands/commands.hpp"

namespace app {

/// Answers `vacancy complete -- WORD…`, which the scripts of shells ask: the words that the last one could become, a
/// line each, with a tab before the help, or :files. Nothing for any other command line. It is no command like others,
/// since nothing in these words may be taken for a flag.
std::optional<int> complete_words(const CLI::App& program, int argc, char** argv);

/// Adds `help`, `version`, `completion` and, hidden, `manual`, which read the whole program: add them last. REQUIRES:
/// the program outlives what they return.
std::vector<std::pair<std::string, Command>> add_helpers(CLI::App& program);

}  // namespace app
