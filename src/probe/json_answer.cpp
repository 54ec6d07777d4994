#include "probe/json_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <map>
#include <vector>

#include "base/duration.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "config/fields.hpp"
#include "probe/json.hpp"

namespace probe {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
template <class T>
using Or = std::expected<T, std::string>;

/// The part of a value that is searched for secrets before it is shown.
constexpr std::size_t kLookedAt = 16 * 1024;
/// The part of it that a sentence shows.
constexpr std::size_t kQuoted = 80;
/// Clocks of other machines may be ahead by as much.
constexpr base::Duration kClockTolerance = 10s;
/// Longer than anything is kept; sums of times do not overflow.
constexpr base::Duration kOldest = std::chrono::days{3650};

/// The value at `pointer`, or null when there is none.
const json::value* at(const json::value& value, std::string_view pointer) {
  boost::system::error_code error;
  const json::value* found = value.find_pointer({pointer.data(), pointer.size()}, error);
  return error || found->is_null() ? nullptr : found;
}

/// A value in the source's words, without secrets. This is the only way for such words into a sentence or a reason.
std::string words(const json::value& value, const Secrets& secrets, std::size_t most) {
  const json::string* string = value.if_string();
  const std::string text = string != nullptr ? std::string(string->data(), string->size()) : json::serialize(value);
  return one_line(secrets.blotted(std::string_view(text).substr(0, kLookedAt)), most);
}

class Reader {
 public:
  Reader(const json::value& value, const Source& source) : value_(value), source_(source) {}

  Or<Unjudged> read() const {
    Unjudged seen;
    const config::Pointers& pointers = source_.pointers;
    if (auto fine = spelling(); !fine) return std::unexpected(fine.error());
    if (auto fine = take(seen.said, level()); !fine) return std::unexpected(fine.error());
    bool tells = seen.said.has_value();
    std::string telling = pointers.level;
    for (const core::Number& each : core::kNumbers) {
      const std::string& pointer = pointers.numbers[each.value];
      if (auto fine = take(seen.*each.value, number(pointer)); !fine) return std::unexpected(fine.error());
      // Without free units there is no largest piece.
      if (each.value == &core::Measurement::largest) continue;
      tells = tells || seen.*each.value;
      telling += ", " + pointer;
    }
    if (auto fine = take(seen.age, age()); !fine) return std::unexpected(fine.error());
    if (auto fine = check_numbers(seen, pointers.numbers); !fine) return std::unexpected(fine.error());
    if (const json::value* reason = find(pointers.reason))
      seen.reason = words(*reason, source_.secrets, kMaxReasonBytes);
    if (!tells) return std::unexpected("has none of " + telling);
    return seen;
  }

 private:
  template <class T, class U>
  static Or<void> take(T& out, Or<U> got) {
    if (!got) return std::unexpected(std::move(got.error()));
    out = std::move(*got);
    return {};
  }

  const json::value* find(const std::string& pointer) const { return pointer.empty() ? nullptr : at(value_, pointer); }

  std::unexpected<std::string> wrong(const std::string& pointer, const json::value& found,
                                     std::string_view right) const {
    const std::string text = words(found, source_.secrets, kQuoted);
    return std::unexpected(found.is_string() ? fmt::format("{} is \"{}\"; {}", pointer, text, right)
                                             : fmt::format("{} is {}; {}", pointer, text, right));
  }

  std::vector<const std::string*> all() const {
    std::vector<const std::string*> pointers;
    fields(source_.pointers, [&](std::string_view, const std::string& pointer) { pointers.push_back(&pointer); });
    return pointers;
  }

  /// A key in other letters is a mistake of the source: without its value, or beside another, the answer would be one
  /// that it did not mean.
  Or<void> spelling() const {
    for (const std::string* pointer : all()) {
      if (pointer->empty()) continue;
      const auto slash = pointer->rfind('/');
      const json::value* around = at(value_, std::string_view(*pointer).substr(0, slash));
      const json::object* object = around != nullptr ? around->if_object() : nullptr;
      if (object == nullptr) continue;
      const std::string key = unescaped(std::string_view(*pointer).substr(slash + 1));
      for (const auto& entry : *object)
        if (const std::string_view name(entry.key().data(), entry.key().size());
            name != key && base::equals_ignoring_case(name, key) && !names(name, *pointer, slash))
          return std::unexpected(fmt::format("{} is written {}; write it in the same letters", *pointer,
                                             one_line(source_.secrets.blotted(name), kQuoted)));
    }
    return {};
  }

  /// The key that ~0 and ~1 of a JSON pointer stand for.
  static std::string unescaped(std::string_view key) {
    std::string out;
    for (std::size_t i = 0; i < key.size(); ++i) {
      const bool escape = key[i] == '~' && i + 1 < key.size();
      out += escape ? (key[++i] == '1' ? '/' : '~') : key[i];
    }
    return out;
  }

  /// Is this a key that another pointer has, beside `pointer`?
  bool names(std::string_view key, std::string_view pointer, std::size_t slash) const {
    const auto same = [&](const std::string* other) {
      return !other->empty() && other->rfind('/') == slash && other->starts_with(pointer.substr(0, slash + 1)) &&
             unescaped(std::string_view(*other).substr(slash + 1)) == key;
    };
    return std::ranges::any_of(all(), same);
  }

  Or<std::optional<double>> number(const std::string& pointer) const {
    const json::value* found = find(pointer);
    if (found == nullptr) return std::nullopt;
    if (!found->is_number()) return wrong(pointer, *found, "it must be a number");
    // Before it becomes a double, which has not every number from there on.
    constexpr std::int64_t kMost = std::int64_t{1} << 53;
    const std::int64_t* whole = found->if_int64();
    if (found->is_uint64() || (whole != nullptr && (*whole > kMost || *whole < -kMost)))
      return std::unexpected(fmt::format("{} is {}, which is no count", pointer, json::serialize(*found)));
    const auto number = found->to_number<double>();
    if (!std::isfinite(number)) return std::unexpected(fmt::format("{} is not a finite number", pointer));
    return number;
  }

  Or<std::optional<core::Level>> level() const {
    const json::value* found = find(source_.pointers.level);
    if (found == nullptr) return std::nullopt;
    if (const json::string* text = found->if_string())
      for (const auto level : {core::Level::high, core::Level::medium, core::Level::low, core::Level::unknown})
        if (base::equals_ignoring_case({text->data(), text->size()}, core::to_string(level))) return level;
    return wrong(source_.pointers.level, *found, "it must be HIGH, MEDIUM, LOW or UNKNOWN");
  }

  Or<base::Duration> age() const {
    const config::Pointers& pointers = source_.pointers;
    const json::value* when = find(pointers.measured_at);
    const json::value* age = find(pointers.age);
    if (when != nullptr && age != nullptr)
      return std::unexpected(fmt::format("{} and {} are both there; give one", pointers.measured_at, pointers.age));
    if (when != nullptr) return age_of_time(*when);
    if (age != nullptr) return age_given(*age);
    return base::Duration{0};
  }

  Or<base::Duration> age_of_time(const json::value& found) const {
    const std::string& pointer = source_.pointers.measured_at;
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
    if (const json::string* text = found.if_string()) {
      const auto age = base::parse_duration({text->data(), text->size()});
      if (age && age->count() >= 0 && *age <= kOldest) return *age;
    } else if (found.is_number()) {
      const std::chrono::duration<double> seconds{found.to_number<double>()};
      if (seconds.count() >= 0 && seconds <= kOldest) return std::chrono::duration_cast<base::Duration>(seconds);
    }
    return wrong(source_.pointers.age, found, kRight);
  }

  const json::value& value_;
  const Source& source_;
};

/// Fails with a sentence that begins as those about the source do.
Or<json::value> parse(std::string_view text, const Source& source) {
  auto value = parse_json(text);
  if (!value) return std::unexpected(fmt::format("{}{}", source.whole, source.secrets.blotted(value.error())));
  return value;
}

}  // namespace

Result read_json(std::string_view text, const Source& source, const config::Levels& levels) {
  const auto value = parse(text, source);
  if (!value) return std::unexpected(value.error());
  auto seen = read_object(*value, source);
  if (seen) return judge(std::move(*seen), levels);
  const std::string& error = seen.error();
  if (error.starts_with('/')) return std::unexpected(fmt::format("{}{}", source.place, error));
  // A pointer may lead into a list: /0/free.
  std::string_view why = error;
  if (error.starts_with("has none of") && !value->is_object())
    why = value->is_array() ? source.a_list : "is JSON but no object; it must be one such as {\"level\": \"LOW\"}";
  return std::unexpected(fmt::format("{}{}", source.whole, why));
}

Or<Unjudged> read_object(const json::value& value, const Source& source) {
  return Reader(value, source).read();
}

Answer read_json_list(std::string_view text, const Source& source, std::span<const core::Profile> profiles,
                      const config::Levels& levels) {
  const auto value = parse(text, source);
  if (!value) return same_for_all(profiles.size(), std::unexpected(value.error()));
  const json::array* list = value->if_array();
  if (list == nullptr) return same_for_all(profiles.size(), std::unexpected(std::string("the answer is not a list")));
  std::multimap<std::pair<std::string_view, std::string_view>, const json::value*> by_key;
  for (const json::value& item : *list)
    if (const json::object* object = item.if_object())
      by_key.emplace(std::pair(base::text_in(*object, "provider"), base::text_in(*object, "name")), &item);
  const auto read = [&](const core::Profile& profile) -> Result {
    const auto [found, end] = by_key.equal_range({profile.key.provider, profile.key.name});
    if (found == end) return std::unexpected(std::string("the answer does not name this profile"));
    if (std::next(found) != end)
      return std::unexpected(fmt::format("the answer names this profile {} times", std::distance(found, end)));
    auto seen = read_object(*found->second, source);
    return seen ? judge(std::move(*seen), levels) : Result(std::unexpected(std::move(seen.error())));
  };
  Answer answer;
  for (const core::Profile& profile : profiles) answer.results.push_back(read(profile));
  return answer;
}

std::string to_json(std::span<const core::Profile> profiles) {
  std::string text = "[";
  for (const core::Profile& profile : profiles) {
    text += text.size() > 1 ? ",\n{\"provider\":" : "{\"provider\":";
    base::append_json_string(text, profile.key.provider);
    text += ",\"name\":";
    base::append_json_string(text, profile.key.name);
    text += ",\"attributes\":";
    base::append_json_object(text, profile.labels);
    text += '}';
  }
  return text + "]\n";
}

}  // namespace probe
