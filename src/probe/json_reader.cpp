#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <vector>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "config/fields.hpp"
#include "config/path.hpp"
#include "probe/json.hpp"
#include "probe/json_answer.hpp"
#include "probe/places.hpp"

namespace probe {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
template <class T>
using Or = std::expected<T, std::string>;

/// The part of a value that a sentence shows.
constexpr std::size_t kQuoted = 80;
/// Clocks of other machines may be ahead by as much.
constexpr base::Duration kClockTolerance = 10s;
/// Longer than anything is kept; sums of times do not overflow.
constexpr base::Duration kOldest = std::chrono::days{3650};

class Reader {
 public:
  Reader(const json::value& value, const Source& source) : value_(value), source_(source), rules_(source.rules) {
    fields(rules_.pointers, [&](std::string_view, const std::string& text) {
      if (!text.empty()) paths_.push_back(path_in(source_, text));
    });
  }

  Or<Unjudged> read() const {
    Unjudged seen;
    if (auto fine = spelling(); !fine) return std::unexpected(fine.error());
    std::string word;
    if (auto fine = take(seen.said, level(word)); !fine) return std::unexpected(fine.error());
    std::vector<std::string> telling{rules_.pointers.level};
    bool tells = seen.said.has_value();
    for (const core::Number& each : core::kNumbers) {
      const bool counts = each.value == &core::Measurement::free && !rules_.count.empty();
      const std::string& text = counts ? rules_.count : rules_.pointers.numbers[each.value];
      if (auto fine = take(seen.*each.value, counts ? count() : number(each.value)); !fine)
        return std::unexpected(fine.error());
      // No level follows from the others alone.
      if (each.value != &core::Measurement::free && each.value != &core::Measurement::score) continue;
      tells = tells || seen.*each.value;
      telling.push_back(text);
    }
    if (auto fine = take(seen.age, age()); !fine) return std::unexpected(fine.error());
    if (auto fine = check_numbers(seen, rules_.pointers.numbers); !fine) return std::unexpected(fine.error());
    if (auto fine = take_reason(seen); !fine) return std::unexpected(fine.error());
    if (seen.reason.empty()) seen.reason = std::move(word);
    std::erase(telling, "");
    if (!tells) return std::unexpected(fmt::format("has none of {}", fmt::join(telling, ", ")));
    return seen;
  }

 private:
  template <class T, class U>
  static Or<void> take(T& out, Or<U> got) {
    if (!got) return std::unexpected(std::move(got.error()));
    out = std::move(*got);
    return {};
  }

  Or<void> take_reason(Unjudged& seen) const {
    const auto found = find(rules_.pointers.reason);
    if (!found) return std::unexpected(found.error());
    if (*found == nullptr) return {};
    seen.reason = words_of(**found, source_.secrets, kMaxReasonBytes);
    note_rule(rules_.pointers.reason, **found);
    return {};
  }

  /// The path with the profile's parts, for notes.
  std::string shown(const std::string& text) const { return config::to_text(path_in(source_, text)); }

  /// A line about a path that is a rule itself: it has parts of the profile, or a search.
  void note_rule(const std::string& text, const json::value& found) const {
    if (text.find_first_of("{[") != std::string::npos)
      source_.note([&] { return fmt::format("{} is {}", shown(text), quoted(found)); });
  }

  std::string quoted(const json::value& found) const {
    const std::string text = words_of(found, source_.secrets, kQuoted);
    return found.is_string() ? fmt::format("\"{}\"", text) : text;
  }

  std::unexpected<std::string> wrong(const std::string& path, const json::value& found, std::string_view right) const {
    return std::unexpected(fmt::format("{} is {}; {}", path, quoted(found), right));
  }

  Or<Place> place(const std::string& text) const {
    const Place place = place_at(value_, path_in(source_, text), source_.untyped);
    if (place.is != Place::Is::several) return place;
    return std::unexpected(fmt::format("{} finds several elements; add a condition such as [zone=a]", text));
  }

  /// The value there; null when there is none.
  Or<const json::value*> find(const std::string& text) const {
    if (text.empty()) return nullptr;
    const auto found = place(text);
    if (!found) return std::unexpected(found.error());
    return found->is == Place::Is::value ? found->value : nullptr;
  }

  /// A key in other letters is a mistake of the source: without its value, or beside another, the answer would be one
  /// that it did not mean.
  Or<void> spelling() const {
    for (const config::Path& path : paths_) {
      if (path.empty() || !path.back().search.empty()) continue;
      const json::value* around = place_at(value_, config::Path(path.begin(), path.end() - 1), source_.untyped).value;
      const json::object* object = around != nullptr ? around->if_object() : nullptr;
      if (object == nullptr) continue;
      const std::string& key = path.back().key;
      for (const auto& entry : *object)
        if (const std::string_view name(entry.key().data(), entry.key().size());
            name != key && base::equals_ignoring_case(name, key) && !names(name, path))
          return std::unexpected(fmt::format("{} is written {}; write it in the same letters", config::to_text(path),
                                             one_line(source_.secrets.blotted(name), kQuoted)));
    }
    return {};
  }

  /// Is this a key that another pointer has, beside `path`?
  bool names(std::string_view key, config::Path path) const {
    path.back().key = key;
    const std::string text = config::to_text(path);
    return std::ranges::any_of(paths_, [&](const config::Path& other) { return config::to_text(other) == text; });
  }

  Or<std::optional<double>> number(core::NumberOf which) const {
    const std::string& path = rules_.pointers.numbers[which];
    const auto at = find(path);
    if (!at) return std::unexpected(at.error());
    if (*at == nullptr) return std::nullopt;
    const json::value found = source_.untyped ? typed(**at) : **at;
    if (!found.is_number()) return wrong(path, found, "it must be a number");
    // Before it becomes a double, which has not every number from there on.
    constexpr std::int64_t kMost = std::int64_t{1} << 53;
    const std::int64_t* whole = found.if_int64();
    if (found.is_uint64() || (whole != nullptr && (*whole > kMost || *whole < -kMost)))
      return std::unexpected(fmt::format("{} is {}, which is no count", path, json::serialize(found)));
    const auto number = found.to_number<double>();
    if (!std::isfinite(number)) return std::unexpected(fmt::format("{} is not a finite number", path));
    return scaled(which, found, number);
  }

  /// The number that a text is, or the value itself.
  static json::value typed(const json::value& found) {
    const json::string* text = found.if_string();
    if (text == nullptr) return found;
    const std::string_view digits(text->data(), text->size());
    if (const auto whole = base::number_of<std::int64_t>(digits)) return *whole;
    const auto number = base::number_of<double>(digits);
    return number && std::isfinite(*number) ? json::value(*number) : found;
  }

  double scaled(core::NumberOf which, const json::value& found, double number) const {
    const std::string& path = rules_.pointers.numbers[which];
    const double factor = rules_.scale.numbers[which];
    if (factor == 1)
      note_rule(path, found);
    else
      source_.note([&] { return fmt::format("{} is {}", shown(path), times(number, factor)); });
    return number * factor;
  }

  static std::string times(double number, double factor) {
    if (factor == 1) return base::number_text(number);
    return fmt::format("{}, times {} is {}", base::number_text(number), base::number_text(factor),
                       base::number_text(number * factor));
  }

  /// Elements of the list, or those that a search at the end finds.
  Or<std::optional<double>> count() const {
    config::Path path = path_in(source_, rules_.count);
    const config::PathStep search = take_search(path);
    const Place list = place_at(value_, path, source_.untyped);
    // Without types, no element is an empty list, and an empty element is one.
    const bool none = source_.untyped ? lacks_last(list, path) : list.is == Place::Is::null;
    std::size_t elements = 0;
    if (!none) {
      if (list.value == nullptr) return std::unexpected(fmt::format("has no list at {}", rules_.count));
      if (!list.value->is_array() && !source_.untyped)
        return wrong(rules_.count, *list.value, "it must be a list to count");
      elements = !search.search.empty()   ? elements_of(*list.value, search, source_.untyped).size()
                 : list.value->is_array() ? list.value->as_array().size()
                                          : 1;
    }
    const double factor = rules_.scale.numbers[&core::Measurement::free];
    const auto number = static_cast<double>(elements);
    source_.note([&] { return fmt::format("the count of {} is {}", shown(rules_.count), times(number, factor)); });
    return number * factor;
  }

  /// The last search looked at a list, or at null. A list of XML that is not there may be an error.
  static bool searched_in_vain(const Place& place, const config::Path& path) {
    return found_none(place, path) && !path[place.steps].search.empty();
  }

  /// `why`: the word that map makes a level; "" without map.
  Or<std::optional<core::Level>> level(std::string& why) const {
    const std::string& path = rules_.pointers.level;
    if (path.empty()) return std::nullopt;
    const auto found = place(path);
    if (!found) return std::unexpected(found.error());
    const bool null = found->is == Place::Is::null || searched_in_vain(*found, path_in(source_, path));
    if (found->value == nullptr && !null) return std::nullopt;
    const std::string word = null ? "null" : plain_text(*found->value);
    for (const auto& [text, level] : rules_.map)
      if (base::equals_ignoring_case(text, word)) {
        why = one_line(fmt::format("{} is {}", shown(path), null ? word : quoted(*found->value)), kMaxReasonBytes);
        source_.note([&] { return fmt::format("{}, which map makes {}", why, core::to_string(level)); });
        return level;
      }
    if (null) return std::nullopt;
    if (found->value->is_string())
      for (const auto level : {core::Level::high, core::Level::medium, core::Level::low, core::Level::unknown})
        if (base::equals_ignoring_case(word, core::to_string(level))) {
          note_rule(path, *found->value);
          return level;
        }
    return wrong(path, *found->value,
                 rules_.map.empty() ? "it must be HIGH, MEDIUM, LOW or UNKNOWN"
                                    : "it must be HIGH, MEDIUM, LOW, UNKNOWN or a word of map");
  }

  Or<base::Duration> age() const {
    const config::Pointers& pointers = rules_.pointers;
    const auto when = find(pointers.measured_at);
    if (!when) return std::unexpected(when.error());
    const auto age = find(pointers.age);
    if (!age) return std::unexpected(age.error());
    if (*when != nullptr && *age != nullptr)
      return std::unexpected(fmt::format("{} and {} are both there; give one", pointers.measured_at, pointers.age));
    if (*when != nullptr) return age_of_time(**when);
    if (*age != nullptr) return age_given(**age);
    return base::Duration{0};
  }

  Or<base::Duration> age_of_time(const json::value& found) const {
    const std::string& pointer = rules_.pointers.measured_at;
    note_rule(pointer, found);
    const json::string* text = found.if_string();
    const auto time = text != nullptr ? base::parse_rfc3339({text->data(), text->size()}) : std::nullopt;
    if (!time) return wrong(pointer, found, "it must be a time such as 2026-11-24T13:22:05Z");
    const base::Duration age = source_.now - *time;
    if (age < -kClockTolerance)
      return wrong(pointer, found, fmt::format("that is in the future, here it is {}", base::to_rfc3339(source_.now)));
    if (age > kOldest) return wrong(pointer, found, "that is more than ten years ago");
    return std::max(age, base::Duration{0});
  }

  Or<base::Duration> age_given(const json::value& found) const {
    constexpr std::string_view kRight = "it must be seconds, from 0 on, or a duration such as 1m30s, ten years at most";
    note_rule(rules_.pointers.age, found);
    if (const json::string* text = found.if_string()) {
      const auto age = base::parse_duration({text->data(), text->size()});
      if (age && age->count() >= 0 && *age <= kOldest) return *age;
    } else if (found.is_number()) {
      const std::chrono::duration<double> seconds{found.to_number<double>()};
      if (seconds.count() >= 0 && seconds <= kOldest) return std::chrono::duration_cast<base::Duration>(seconds);
    }
    return wrong(rules_.pointers.age, found, kRight);
  }

  const json::value& value_;
  const Source& source_;
  const config::Rules& rules_;
  /// Of all pointers that are not "".
  std::vector<config::Path> paths_;
};

}  // namespace

config::Path path_in(const Source& source, std::string_view text) {
  // The configuration has been checked.
  config::Path path = config::parse_path(text).value_or(config::Path{{.key = std::string(text)}});
  return source.profile != nullptr ? expanded(std::move(path), *source.profile) : path;
}

Or<Unjudged> read_object(const json::value& value, const Source& source) {
  return Reader(value, source).read();
}

}  // namespace probe
