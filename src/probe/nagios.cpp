#include "probe/nagios.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"

namespace probe {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// Cuts `text` in two at the first `mark`; the second part is empty when there is none.
std::pair<std::string_view, std::string_view> cut(std::string_view text, char mark) {
  const auto place = text.find(mark);
  if (place == std::string_view::npos) return {text, {}};
  return {text.substr(0, place), text.substr(place + 1)};
}

/// Takes the label and its '=' off `data`. In quotes it may have blanks, and two quotes mean one.
std::string take_label(std::string_view& data) {
  std::string label;
  bool quoted = false;
  while (!data.empty() && (quoted || data.front() != '=')) {
    const char c = data.front();
    if (!quoted && kBlanks.contains(c)) break;
    data.remove_prefix(1);
    const bool escaped = quoted && c == '\'' && data.starts_with('\'');
    if (escaped) data.remove_prefix(1);
    if (c == '\'' && !escaped)
      quoted = !quoted;
    else
      label += c;
  }
  if (data.starts_with('=')) data.remove_prefix(1);
  return label;
}

/// The number that a value begins with. None for U, which says that it could not be found out.
std::optional<double> number_in(std::string_view value) {
  if (value.starts_with('+')) value.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  return number;
}

/// Reads 'label'=value[UNIT][;warn[;crit[;min[;max]]]] … .
void read_data(std::string_view data, Observation& seen) {
  const std::pair<std::string_view, std::optional<double>*> known[] = {
      {"free", &seen.free}, {"total", &seen.total}, {"score", &seen.score}, {"price", &seen.price}};
  while (true) {
    data.remove_prefix(std::min(data.find_first_not_of(kBlanks), data.size()));
    if (data.empty()) return;
    const std::string label = take_label(data);
    const auto value = data.substr(0, data.find_first_of(kBlanks));
    data.remove_prefix(value.size());
    for (const auto& [name, number] : known)
      if (base::equals_ignoring_case(label, name))
        if (const auto found = number_in(value)) *number = found;
  }
}

}  // namespace

Observation read_nagios(std::string_view output) {
  Observation seen;
  const auto [first, rest] = cut(output, '\n');
  const auto [text, data] = cut(first, '|');
  seen.reason = one_line(text);
  read_data(data, seen);
  read_data(cut(rest, '|').second, seen);
  return seen;
}

}  // namespace probe
