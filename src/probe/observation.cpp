#include "probe/observation.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <tuple>

namespace probe {
namespace {

template <class T>
using Or = std::expected<T, std::string>;

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

// --- Numbers that make sense

/// Without what binary arithmetic leaves behind the digits that somebody meant: 1.6400000000000001 is 1.64. A double
/// holds 15 digits of any decimal.
void tidy(std::optional<double>& number) {
  if (!number || std::trunc(*number) == *number) return;
  const std::string text = fmt::format("{:.15g}", *number);
  std::from_chars(text.data(), text.data() + text.size(), *number);
}

/// From there on not every number of units has a double of its own.
constexpr double kMost = 9'007'199'254'740'992;

}  // namespace

Result judge(Observation observation, const config::Levels& levels) {
  for (std::optional<double>* number :
       {&observation.free, &observation.total, &observation.largest, &observation.score, &observation.price})
    tidy(*number);
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

Or<void> check_numbers(const Observation& seen, const config::Pointers& names) {
  const std::tuple<const std::optional<double>&, std::string_view, bool> numbers[] = {
      {seen.free, names.free, false},
      {seen.total, names.total, false},
      {seen.largest, names.largest, false},
      {seen.price, names.price, false},
      {seen.score, names.score, true}};
  for (const auto& [number, name, negative] : numbers) {
    if (!number) continue;
    if (!(std::abs(*number) <= kMost))
      return std::unexpected(fmt::format("{} is {}, which is no count", name, *number));
    if (*number < 0 && !negative)
      return std::unexpected(fmt::format("{} is {}; it must not be negative", name, *number));
  }
  const auto within = [](const auto& part, std::string_view part_name, const auto& all,
                         std::string_view all_name) -> Or<void> {
    if (!part || !all || *part <= *all) return {};
    return std::unexpected(fmt::format("{} is {}, more than {}, which is {}", part_name, *part, all_name, *all));
  };
  if (auto fine = within(seen.free, names.free, seen.total, names.total); !fine) return fine;
  if (auto fine = within(seen.largest, names.largest, seen.free, names.free); !fine) return fine;
  return within(seen.largest, names.largest, seen.total, names.total);
}

}  // namespace probe
