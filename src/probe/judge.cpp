#include "probe/judge.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace probe {
namespace {

template <class T>
using Or = std::expected<T, std::string>;

/// Without thresholds: a quarter of all units free is plenty.
constexpr double kPlenty = 0.25;

// --- Levels from numbers

/// Do all thresholds of a rule hold? Fails when a number that the rule needs is missing.
Or<bool> holds(const config::LevelRule& rule, const Unjudged& seen) {
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

Or<Judged> by_rules(const Unjudged& seen, const config::Levels& levels) {
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

Or<Judged> judged(const Unjudged& seen, const config::Levels& levels) {
  if (!levels.high.empty() || !levels.medium.empty()) return by_rules(seen, levels);
  if (seen.said) return Judged{*seen.said, ""};
  if (seen.free && seen.total) return by_rules(seen, {.high = {.free = 1, .ratio = kPlenty}, .medium = {.free = 1}});
  if (seen.free) return by_rules(seen, {.medium = {.free = 1}});
  return std::unexpected(
      std::string("the source gives no level and no free units; give thresholds in 'levels' for its numbers"));
}

// --- Numbers that make sense

/// Without what binary arithmetic leaves behind the digits that somebody meant: 1.6400000000000001 is 1.64. A double
/// holds 15 digits of any decimal.
void tidy(core::Quantity& number) {
  if (!number || std::trunc(*number) == *number) return;
  double value = *number;
  const std::string text = fmt::format("{:.15g}", value);
  std::from_chars(text.data(), text.data() + text.size(), value);
  number = value;
}

/// From there on not every number of units has a double of its own.
constexpr double kMost = 9'007'199'254'740'992;

}  // namespace

Result judge(Unjudged seen, const config::Levels& levels) {
  for (const core::Number& number : core::kNumbers) tidy(seen.*number.value);
  const auto judged = probe::judged(seen, levels);
  if (!judged) return std::unexpected(judged.error());
  seen.level = judged->level;
  if (!judged->rule.empty()) seen.reason += seen.reason.empty() ? judged->rule : fmt::format(" ({})", judged->rule);
  return core::Measurement(std::move(seen));
}

Or<void> check_numbers(const core::Measurement& seen, const core::PerNumber<std::string>& names) {
  using core::Measurement;
  for (const core::Number& each : core::kNumbers) {
    const core::Quantity number = seen.*each.value;
    if (!number) continue;
    if (!(std::abs(*number) <= kMost))
      return std::unexpected(fmt::format("{} is {}, which is no count", names[each.value], *number));
    if (*number < 0 && each.kind != core::Number::Kind::scale)
      return std::unexpected(fmt::format("{} is {}; it must not be negative", names[each.value], *number));
  }
  const auto within = [&](core::NumberOf part, core::NumberOf all) -> Or<void> {
    if (!(seen.*part) || !(seen.*all) || *(seen.*part) <= *(seen.*all)) return {};
    return std::unexpected(
        fmt::format("{} is {}, more than {}, which is {}", names[part], *(seen.*part), names[all], *(seen.*all)));
  };
  if (auto fine = within(&Measurement::free, &Measurement::total); !fine) return fine;
  if (auto fine = within(&Measurement::largest, &Measurement::free); !fine) return fine;
  return within(&Measurement::largest, &Measurement::total);
}

}  // namespace probe
