#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

/// Text on a terminal, measured in columns.
namespace app {

/// Columns where nobody says another number.
constexpr std::size_t kColumns = 80;

/// The columns of the terminal at a descriptor; COLUMNS, or else 80, where it is none.
std::size_t columns_of(int descriptor);
bool is_terminal(int descriptor);

/// Columns that `text` takes: wide characters two, combining ones none. REQUIRES: one line.
std::size_t width_of(std::string_view text);
/// `text`, or its beginning and … when it is wider than that.
std::string fitted(std::string_view text, std::size_t columns);

/// Adds --color auto|always|never.
void add_color(CLI::App& command, std::string& when);
/// auto: on a terminal that has colours, unless NO_COLOR is set.
bool wants_color(const std::string& when, int descriptor);

/// `text` in the colour of a level or a freshness, where it has one.
std::string colored(std::string_view text, std::string_view word);

}  // namespace app
