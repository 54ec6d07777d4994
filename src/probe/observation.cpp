#include "probe/observation.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>
#include <map>

#include "base/text.hpp"

namespace probe {
namespace {

namespace json = boost::json;
template <class T>
using Or = std::expected<T, std::string>;

constexpr std::size_t kMaxReasonBytes = 300;
/// Without thresholds: a quarter of all units free is plenty.
constexpr double kPlenty = 0.25;

// --- Levels from numbers

/// Do all thresholds of a rule hold? Fails when a number that the rule needs is missing.
Or<bool> holds(const config::LevelRule& rule, const Observation& seen) {
  bool all = true;
  const auto need = [&](const std::optional<double>& threshold, const std::optional<double>& value,
                        std::string_view what) -> Or<void> {
    if (!threshold) return {};
    if (!value) return std::unexpected(fmt::format("the source gives no {}, which 'levels' needs", what));
    all = all && *value >= *threshold;
    return {};
  };
  std::optional<double> ratio;
  if (seen.free && seen.total && *seen.total > 0) ratio = *seen.free / *seen.total;
  if (seen.free && seen.total && *seen.total == 0) ratio = 0;
  if (auto fine = need(rule.free, seen.free, "free units"); !fine) return std::unexpected(fine.error());
  if (auto fine = need(rule.ratio, ratio, "free and total units"); !fine) return std::unexpected(fine.error());
  if (auto fine = need(rule.score, seen.score, "score"); !fine) return std::unexpected(fine.error());
  return all;
}

std::string text_of(const config::LevelRule& rule) {
  std::string text;
  const auto add = [&](std::string_view what, const std::optional<double>& threshold) {
    if (threshold) text += fmt::format("{}{} >= {}", text.empty() ? "" : " and ", what, *threshold);
  };
  add("free", rule.free);
  add("free/total", rule.ratio);
  add("score", rule.score);
  return text;
}

struct Judged {
  core::Level level;
  std::string rule;
};

Or<Judged> by_rules(const Observation& seen, const config::Levels& levels) {
  const std::pair<core::Level, const config::LevelRule*> rules[] = {{core::Level::high, &levels.high},
                                                                    {core::Level::medium, &levels.medium}};
  for (const auto& [level, rule] : rules) {
    if (rule->empty()) continue;
    const auto all = holds(*rule, seen);
    if (!all) return std::unexpected(all.error());
    if (*all) return Judged{level, fmt::format("{}: {}", core::to_string(level), text_of(*rule))};
  }
  const auto& easiest = levels.medium.empty() ? levels.high : levels.medium;
  return Judged{core::Level::low, fmt::format("LOW: not {}", text_of(easiest))};
}

Or<Judged> judged(const Observation& seen, const config::Levels& levels) {
  if (!levels.high.empty() || !levels.medium.empty()) return by_rules(seen, levels);
  if (seen.level) return Judged{*seen.level, ""};
  if (seen.free && seen.total) return by_rules(seen, {.high = {.free = 1, .ratio = kPlenty}, .medium = {.free = 1}});
  if (seen.free) return by_rules(seen, {.medium = {.free = 1}});
  return std::unexpected(
      std::string("the source gives no level and no free units; give thresholds in 'levels' for what it gives"));
}

// --- JSON

/// The value at `pointer`, or null when there is none.
const json::value* at(const json::value& value, const std::string& pointer) {
  if (pointer.empty()) return nullptr;
  boost::system::error_code error;
  const json::value* found = value.find_pointer(pointer, error);
  return error || found->is_null() ? nullptr : found;
}

Or<std::optional<double>> number_at(const json::value& value, const std::string& pointer) {
  const json::value* found = at(value, pointer);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number())
    return std::unexpected(fmt::format("{} is not a number: {}", pointer, one_line(json::serialize(*found))));
  const auto number = found->to_number<double>();
  if (!std::isfinite(number)) return std::unexpected(fmt::format("{} is not a finite number", pointer));
  return number;
}

Or<std::optional<core::Level>> level_at(const json::value& value, const std::string& pointer) {
  const json::value* found = at(value, pointer);
  if (found == nullptr) return std::nullopt;
  if (const json::string* text = found->if_string())
    for (const auto level : {core::Level::high, core::Level::medium, core::Level::low, core::Level::unknown})
      if (base::equals_ignoring_case({text->data(), text->size()}, core::to_string(level))) return level;
  return std::unexpected(
      fmt::format("{} is {}; it must be HIGH, MEDIUM, LOW or UNKNOWN", pointer, one_line(json::serialize(*found))));
}

Or<std::string> text_at(const json::value& value, const std::string& pointer) {
  const json::value* found = at(value, pointer);
  if (found == nullptr) return std::string();
  if (const json::string* text = found->if_string()) return one_line({text->data(), text->size()});
  return one_line(json::serialize(*found));
}

/// A member of an object that is a string, or "".
std::string_view member(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  const json::string* text = found != nullptr ? found->if_string() : nullptr;
  return text != nullptr ? std::string_view(text->data(), text->size()) : std::string_view();
}

}  // namespace

Result judge(Observation observation, const config::Levels& levels) {
  auto judged = probe::judged(observation, levels);
  if (!judged) return std::unexpected(std::move(judged.error()));
  std::string reason = std::move(observation.reason);
  if (!judged->rule.empty()) reason += reason.empty() ? judged->rule : fmt::format(" ({})", judged->rule);
  return core::Measurement{.level = judged->level,
                           .free = observation.free,
                           .total = observation.total,
                           .largest = observation.largest,
                           .score = observation.score,
                           .price = observation.price,
                           .reason = std::move(reason),
                           .age = observation.age};
}

Or<json::value> parse_json(std::string_view text) {
  json::error_code error;
  json::parse_options options;
  options.max_depth = 64;
  json::stream_parser parser({}, options);
  parser.write(text.data(), text.size(), error);
  if (!error) parser.finish(error);
  if (error)
    return std::unexpected(fmt::format("is not JSON ({}): {}", error.message(), one_line(text.substr(0, 100))));
  return parser.release();
}

Or<Observation> read_observation(const json::value& value, const config::Pointers& pointers) {
  Observation seen;
  const auto read = [](auto& out, auto&& got) -> Or<void> {
    if (!got) return std::unexpected(std::move(got.error()));
    out = std::move(*got);
    return {};
  };
  const std::pair<std::optional<double>*, const std::string*> numbers[] = {{&seen.free, &pointers.free},
                                                                           {&seen.total, &pointers.total},
                                                                           {&seen.score, &pointers.score},
                                                                           {&seen.price, &pointers.price}};
  if (auto fine = read(seen.level, level_at(value, pointers.level)); !fine) return std::unexpected(fine.error());
  for (const auto& [out, pointer] : numbers)
    if (auto fine = read(*out, number_at(value, *pointer)); !fine) return std::unexpected(fine.error());
  if (auto fine = read(seen.reason, text_at(value, pointers.reason)); !fine) return std::unexpected(fine.error());
  if (!seen.level && !seen.free && !seen.total && !seen.score && !seen.price)
    return std::unexpected(fmt::format("has none of {}, {}, {}, {}, {}: {}", pointers.level, pointers.free,
                                       pointers.total, pointers.score, pointers.price,
                                       one_line(json::serialize(value).substr(0, 100))));
  return seen;
}

Answer read_batch(const json::value& value, const config::Pointers& pointers, std::span<const core::Profile> profiles,
                  const config::Levels& levels) {
  const json::array* list = value.if_array();
  if (list == nullptr) return same_for_all(profiles.size(), std::unexpected(std::string("the answer is not a list")));
  std::map<std::pair<std::string_view, std::string_view>, const json::value*> by_key;
  for (const json::value& item : *list)
    if (const json::object* object = item.if_object())
      by_key[{member(*object, "provider"), member(*object, "name")}] = &item;
  Answer answer;
  for (const core::Profile& profile : profiles) {
    const auto found = by_key.find({profile.key.provider, profile.key.name});
    if (found == by_key.end()) {
      answer.results.push_back(std::unexpected(std::string("the answer does not name this profile")));
      continue;
    }
    auto seen = read_observation(*found->second, pointers);
    answer.results.push_back(seen ? judge(std::move(*seen), levels) : Result(std::unexpected(std::move(seen.error()))));
  }
  return answer;
}

std::string one_line(std::string_view text) {
  // Cut first: what a source sends may be long.
  const std::string utf8 = base::to_utf8(base::trim(text).substr(0, 2 * kMaxReasonBytes));
  std::string line;
  for (const char c : utf8) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank || !line.ends_with(' ')) line += blank ? ' ' : c;
  }
  // Not within a character.
  std::size_t end = std::min(line.size(), kMaxReasonBytes);
  while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  return std::string(base::trim(std::string_view(line).substr(0, end)));
}

std::string to_json(std::span<const core::Profile> profiles) {
  std::string text = "[";
  for (const core::Profile& profile : profiles) {
    text += text.size() > 1 ? ",\n{\"provider\":" : "{\"provider\":";
    base::append_json_string(text, profile.key.provider);
    text += ",\"name\":";
    base::append_json_string(text, profile.key.name);
    text += ",\"attributes\":{";
    for (bool first = true; const auto& [key, attribute] : profile.attributes) {
      if (!std::exchange(first, false)) text += ',';
      base::append_json_string(text, key);
      text += ':';
      base::append_json_string(text, attribute);
    }
    text += "}}";
  }
  return text + "]\n";
}

}  // namespace probe
