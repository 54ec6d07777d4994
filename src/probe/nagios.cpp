#include "probe/nagios.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace probe {
namespace {

template <class T>
using Or = std::expected<T, std::string>;
using Kind = core::Number::Kind;

constexpr std::string_view kBlanks = " \t\r\n";
/// The one label that is no number of a measurement.
constexpr core::Number kAge{"age", nullptr, Kind::count, "", "", "", "", ""};
/// The part of a value that a sentence shows.
constexpr std::size_t kQuoted = 80;

/// Cuts `text` in two at the first `mark`; the second part is empty when there is none.
std::pair<std::string_view, std::string_view> cut(std::string_view text, char mark) {
  const auto place = text.find(mark);
  if (place == std::string_view::npos) return {text, {}};
  return {text.substr(0, place), text.substr(place + 1)};
}

/// Takes the label off `data`. In quotes it may have blanks, and two quotes mean one. None: a quote is not closed.
std::optional<std::string> take_label(std::string_view& data) {
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
  if (quoted) return std::nullopt;
  return label;
}

/// A number, and its unit as it is written.
struct Value {
  double number = 0;
  std::string_view unit;
};

/// Units of the conventions and, for a cost, of money.
bool is_unit(std::string_view unit, Kind kind) {
  constexpr std::string_view kUnits[] = {"",   "s",  "us", "ms", "ns",  "c",   "B",   "KB",  "MB",  "GB",
                                         "TB", "PB", "EB", "kB", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  // A share is a scale of its own, but no count of units.
  if (unit == "%") return kind == Kind::scale;
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool money = kind == Kind::cost && unit.size() == 3 && std::ranges::all_of(unit, capital);
  return money || std::ranges::find(kUnits, unit) != std::end(kUnits);
}

/// The whole of `text` as a number with a unit.
std::optional<Value> value_of(std::string_view text, Kind kind) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  Value value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value.number);
  if (error != std::errc() || !std::isfinite(value.number)) return std::nullopt;
  // A double has not every number from 2^53 on.
  std::int64_t whole = 0;
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  if (std::from_chars(text.data(), end, whole).ptr == end && (whole > kMost || whole < -kMost))
    value.number = std::nextafter(value.number, std::copysign(HUGE_VAL, value.number));
  value.unit = text.substr(static_cast<std::size_t>(end - text.data()));
  return is_unit(value.unit, kind) ? std::optional(value) : std::nullopt;
}

/// One of our labels, in any letters; none for others.
const core::Number* known_label(std::string_view name) {
  const auto is_it = [&](const core::Number& label) { return base::equals_ignoring_case(name, label.name); };
  const auto* const known = std::ranges::find_if(core::kNumbers, is_it);
  return known != core::kNumbers.end() ? known : is_it(kAge) ? &kAge : nullptr;
}

/// Without other quotes than those of the conventions, and brackets, around it.
std::string_view bare(std::string_view label) {
  constexpr std::string_view kAround = "\"()[]{}<>,:";
  const auto from = label.find_first_not_of(kAround);
  return from == std::string_view::npos ? "" : label.substr(from, label.find_last_not_of(kAround) + 1 - from);
}

/// Is one of our labels a word of `text`?
bool names_ours(std::string_view text) {
  const auto is_inner = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  while (!text.empty()) {
    const auto word = std::ranges::find_if_not(text, is_inner) - text.begin();
    if (known_label(text.substr(0, static_cast<std::size_t>(word))) != nullptr) return true;
    text.remove_prefix(std::min(static_cast<std::size_t>(word) + 1, text.size()));
  }
  return false;
}

/// A threshold, such as 3, @10:20 or ~:5, or a least or greatest value; it may be empty.
bool is_bound(std::string_view text) {
  if (text.starts_with('@')) text.remove_prefix(1);
  const auto is_limit = [](std::string_view limit) {
    if (limit.empty() || limit == "~") return true;
    if (limit.starts_with('+') && !limit.starts_with("+-")) limit.remove_prefix(1);
    double number = 0;
    const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), number);
    const auto unit = limit.substr(static_cast<std::size_t>(end - limit.data()));
    return error == std::errc() &&
           (unit == "%" || std::ranges::all_of(unit, [](unsigned char c) { return std::isalpha(c) != 0; }));
  };
  const auto [from, to] = cut(text, ':');
  return is_limit(from) && is_limit(to);
}

/// Is this nothing, or warn;crit;min;max, of which the last may be left out?
bool are_bounds(std::string_view text) {
  constexpr int kMost = 4;
  for (int count = 0; count < kMost && !text.empty(); ++count) {
    const auto [first, rest] = cut(text, ';');
    if (!is_bound(first)) return false;
    text = rest;
  }
  return text.empty();
}

/// The values of our labels.
class Data {
 public:
  explicit Data(const Secrets& secrets) : secrets_(secrets) {}

  /// Reads 'label'=value[UNIT][;warn[;crit[;min[;max]]]] … .
  Or<void> read(std::string_view data) {
    while (true) {
      data.remove_prefix(std::min(data.find_first_not_of(kBlanks), data.size()));
      if (data.empty()) return {};
      const std::string_view whole = data;
      const auto label = take_label(data);
      if (!label) return std::unexpected(fmt::format("the performance data {} has a quote without end", quoted(whole)));
      const auto rest = data.substr(0, data.find_first_of(kBlanks));
      data.remove_prefix(rest.size());
      const auto piece = whole.substr(0, whole.size() - data.size());
      if (const auto* known = known_label(*label)) {
        if (auto fine = take(*known, rest, piece); !fine) return fine;
      } else if (names_ours(rest) || (rest.empty() ? names_ours(*label) : known_label(bare(*label)) != nullptr)) {
        return stray(piece);
      } else if (rest.empty() && stray_.empty()) {
        stray_ = piece;
      }
    }
  }

  /// Plugins have their own ways, but a word beside our numbers may be a part of one of them: free=1 234.
  Or<void> check() const { return stray_.empty() || values_.empty() ? Or<void>() : stray(stray_); }

  std::optional<Value> get(std::string_view label) const {
    const auto found = values_.find(label);
    return found != values_.end() ? found->second : std::nullopt;
  }
  std::optional<double> number(std::string_view label) const {
    const auto value = get(label);
    return value ? std::optional(value->number) : std::nullopt;
  }

 private:
  /// `rest` begins with '='.
  Or<void> take(const core::Number& known, std::string_view rest, std::string_view piece) {
    const std::string_view label = known.name;
    if (values_.contains(label)) return std::unexpected(fmt::format("{} is there twice: {}", label, quoted(piece)));
    const auto [text, bounds] = cut(rest.substr(std::min<std::size_t>(rest.size(), 1)), ';');
    const auto value = value_of(text, known.kind);
    if (!value && text != "U")
      return std::unexpected(
          fmt::format("{} is no number; write one such as {}=3 or {}=0.75", quoted(piece), label, label));
    if (!are_bounds(bounds))
      return std::unexpected(fmt::format(
          "{} is no performance data; write {}=value[;warn;crit;min;max], and a blank before the next label",
          quoted(piece), label));
    values_.emplace(label, value);
    return {};
  }

  std::unexpected<std::string> stray(std::string_view piece) const {
    return std::unexpected(
        fmt::format("{} is no performance data; write label=value, such as free=3 total=4, with a blank between two",
                    quoted(piece)));
  }

  std::string quoted(std::string_view text) const {
    return fmt::format("'{}'", one_line(secrets_.blotted(text.substr(0, 16 * kQuoted)), kQuoted));
  }

  const Secrets& secrets_;
  std::map<std::string_view, std::optional<Value>> values_;
  /// The first piece that is no label with a value.
  std::string_view stray_;
};

/// Units that are compared must be of one kind.
Or<void> check_units(const Data& data) {
  std::optional<std::pair<std::string_view, Value>> first;
  for (const std::string_view label : {"free", "total", "largest"}) {
    const auto value = data.get(label);
    if (!value) continue;
    if (first && first->second.unit != value->unit)
      return std::unexpected(fmt::format("{}={}{} and {}={}{} have two units; write one", first->first,
                                         first->second.number, first->second.unit, label, value->number, value->unit));
    if (!first) first = {label, *value};
  }
  return {};
}

Or<base::Duration> age_in(const Data& data) {
  const auto age = data.get("age");
  if (!age) return base::Duration{0};
  const std::chrono::duration<double> seconds{age->number};
  if (seconds.count() >= 0 && seconds < std::chrono::days{3650} && (age->unit.empty() || age->unit == "s"))
    return std::chrono::duration_cast<base::Duration>(seconds);
  return std::unexpected(
      fmt::format("age={}{} is not a time; write seconds, from 0 on, ten years at most", age->number, age->unit));
}

}  // namespace

Or<Unjudged> read_nagios(std::string_view output, const Secrets& secrets) {
  const auto [first, rest] = cut(output, '\n');
  const auto [text, performance] = cut(first, '|');
  Data data(secrets);
  for (const std::string_view part : {performance, cut(rest, '|').second})
    if (auto fine = data.read(part); !fine) return std::unexpected(std::move(fine.error()));
  if (auto fine = data.check(); !fine) return std::unexpected(std::move(fine.error()));
  if (auto fine = check_units(data); !fine) return std::unexpected(std::move(fine.error()));
  const auto age = age_in(data);
  if (!age) return std::unexpected(age.error());
  Unjudged seen;
  core::PerNumber<std::string> names;
  for (const core::Number& number : core::kNumbers) {
    seen.*number.value = data.number(number.name);
    names[number.value] = number.name;
  }
  seen.reason = one_line(secrets.blotted(text.substr(0, 16 * kMaxReasonBytes)));
  seen.age = *age;
  if (auto fine = check_numbers(seen, names); !fine) return std::unexpected(std::move(fine.error()));
  return seen;
}

}  // namespace probe
