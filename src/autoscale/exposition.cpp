#include "autoscale/exposition.hpp"

#include <cmath>

#include "base/text.hpp"

namespace autoscale {
namespace {

using Labels = std::map<std::string, std::string>;

/// The end of counters' names.
constexpr std::string_view kTotal = "_total";

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
  return base::number_of<double>(text);
}

/// The type in "# TYPE name …"; "" when the line is about something else. OpenMetrics leaves "_total" out.
std::string_view type_in(std::string_view text, std::string_view name) {
  Line line(text);
  if (!line.take("#") || !line.take("TYPE")) return {};
  const std::string_view about = line.take_until(" \t");
  const bool same = about == name || (name.ends_with(kTotal) && about == name.substr(0, name.size() - kTotal.size()));
  return same ? line.take_until(" \t") : std::string_view();
}

std::string key_of(const Labels& labels) {
  std::string key;
  for (const auto& [name, value] : labels) (((key += name) += '\0') += value) += '\0';
  return key;
}

}  // namespace

std::optional<Exposed> read_metric(std::string_view text, std::string_view name, const Labels& wanted) {
  Exposed exposed;
  std::string_view type;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view row = base::trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (row.starts_with('#')) {
      if (const auto told = type_in(row, name); !told.empty()) type = told;
      continue;
    }
    Line line(row);
    if (line.take_until("{ \t") != name) continue;
    const auto labels = take_labels(line);
    // A time stamp may follow.
    const auto value = labels ? number(line.take_until(" \t")) : std::nullopt;
    if (!value || !std::isfinite(*value)) return std::nullopt;
    if (has_all(*labels, wanted)) exposed.series.push_back({key_of(*labels), *value});
  }
  if (exposed.series.empty()) return std::nullopt;
  exposed.counter = type.empty() ? name.ends_with(kTotal) : type == "counter";
  return exposed;
}

}  // namespace autoscale
