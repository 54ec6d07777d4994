#include "app/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <clocale>
#include <cstdlib>

#include "base/environment.hpp"
#include "base/utf8.hpp"

namespace app {
namespace {

constexpr std::size_t kLeastColumns = 20;

/// wcwidth goes by the locale, which is ASCII unless it is set.
int columns_of(char32_t character) {
  static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (utf8 == nullptr) return 1;
  const locale_t before = ::uselocale(utf8);
  const int width = ::wcwidth(static_cast<wchar_t>(character));
  ::uselocale(before);
  return width < 0 ? 1 : width;
}

}  // namespace

std::size_t columns_of(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return std::max<std::size_t>(size.ws_col, kLeastColumns);
  std::size_t columns = 0;
  const std::string given = base::variable("COLUMNS");
  std::from_chars(given.data(), given.data() + given.size(), columns);
  return columns >= kLeastColumns ? columns : kColumns;
}

bool is_terminal(int descriptor) {
  return ::isatty(descriptor) == 1;
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const base::Character character = base::first_character(text);
    width += character.bytes == 0 ? 1 : static_cast<std::size_t>(columns_of(character.code));
    text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
  }
  return width;
}

std::string fitted(std::string_view text, std::size_t columns) {
  if (width_of(text) <= columns) return std::string(text);
  std::string out;
  std::size_t width = 0;
  while (!text.empty()) {
    const base::Character character = base::first_character(text);
    const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
    width += width_of(text.substr(0, bytes));
    if (width + 1 > columns) break;
    out += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return columns == 0 ? "" : out + "…";
}

void add_color(CLI::App& command, std::string& when) {
  when = "auto";
  command
      .add_option("--color,--colour", when,
                  "always, never, or auto: on a terminal, unless NO_COLOR is set (default auto)")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
}

bool wants_color(const std::string& when, int descriptor) {
  if (when != "auto") return when == "always";
  return is_terminal(descriptor) && base::variable("NO_COLOR").empty() && base::variable("TERM") != "dumb";
}

std::string colored(std::string_view text, std::string_view word) {
  constexpr std::pair<std::string_view, std::string_view> kColors[] = {
      {"HIGH", "32"},  {"MEDIUM", "33"},  {"LOW", "31"},     {"UNKNOWN", "90"},
      {"STALE", "33"}, {"EXPIRED", "31"}, {"PENDING", "90"}, {"heading", "1"},
  };
  for (const auto& [known, color] : kColors)
    if (known == word) return fmt::format("\033[{}m{}\033[0m", color, text);
  return std::string(text);
}

}  // namespace app
