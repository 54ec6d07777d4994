#include "autoscale/exposition.hpp"

#include <charconv>
#include <cmath>

#include "base/text.hpp"

namespace autoscale {
namespace {

using Labels = std::map<std::string, std::string>;

/// Takes what `line` begins with, and blanks.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  bool take(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    skip_blanks();
    return true;
  }
  std::string_view take_until(std::string_view stops) {
    const std::string_view word = rest_.substr(0, rest_.find_first_of(stops));
    rest_.remove_prefix(word.size());
    skip_blanks();
    return word;
  }
  /// A value in quotes, of which \\, \" and \n are escaped.
  std::optional<std::string> take_quoted() {
    if (!rest_.starts_with('"')) return std::nullopt;
    std::string value;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        rest_.remove_prefix(i + 1);
        skip_blanks();
        return value;
      }
      if (rest_[i] == '\\' && ++i < rest_.size())
        value += rest_[i] == 'n' ? '\n' : rest_[i];
      else if (i < rest_.size())
        value += rest_[i];
    }
    return std::nullopt;
  }

 private:
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  std::string_view rest_;
};

/// Nothing: they are not well-formed.
std::optional<Labels> take_labels(Line& line) {
  Labels labels;
  if (!line.take("{")) return labels;
  while (!line.take("}")) {
    const std::string name(base::trim(line.take_until("=}")));
    if (name.empty() || !line.take("=")) return std::nullopt;
    auto value = line.take_quoted();
    if (!value) return std::nullopt;
    labels[name] = std::move(*value);
    line.take(",");
  }
  return labels;
}

bool has_all(const Labels& labels, const Labels& wanted) {
  for (const auto& [name, value] : wanted) {
    const auto found = labels.find(name);
    if (found == labels.end() || found->second != value) return false;
  }
  return true;
}

std::optional<double> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "# TYPE name counter"
bool says_counter(std::string_view text, std::string_view name) {
  Line line(text);
  return line.take("#") && line.take("TYPE") && line.take_until(" \t") == name && line.take_until(" \t") == "counter";
}

}  // namespace

std::optional<Exposed> read_metric(std::string_view text, std::string_view name, const Labels& wanted) {
  Exposed exposed;
  bool found = false;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view row = base::trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (row.starts_with('#')) {
      exposed.counter = exposed.counter || says_counter(row, name);
      continue;
    }
    Line line(row);
    if (line.take_until("{ \t") != name) continue;
    const auto labels = take_labels(line);
    if (!labels || !has_all(*labels, wanted)) continue;
    // A time stamp may follow.
    const auto value = number(line.take_until(" \t"));
    if (!value) continue;
    exposed.value += *value;
    found = true;
  }
  if (!found || !std::isfinite(exposed.value)) return std::nullopt;
  return exposed;
}

}  // namespace autoscale
