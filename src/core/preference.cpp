#include "core/preference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "core/freshness.hpp"

namespace core {
namespace {

std::string why_pending(const Row& row) {
  if (row.failure) return "never measured: " + row.failure->error;
  return row.probe == kNoProbe ? "no probe is configured for it" : "not measured yet";
}

std::string why_units(const Reading& reading, const Condition& wanted) {
  const Quantity piece = reading.largest ? reading.largest : reading.free;
  // As Condition::met_by() compares them.
  const bool too_small = wanted.free && !(piece && *piece >= *wanted.free);
  const Quantity there = too_small ? piece : reading.free;
  if (!there) return "it does not report free units";
  return too_small
             ? fmt::format("{} free in one piece, not {}", base::number_text(*there), base::number_text(*wanted.free))
             : fmt::format("{} free, not {}", base::number_text(*there),
                           base::number_text(wanted.total_free.value_or(0)));
}

}  // namespace

Choices::Choices(const Set& set) {
  for (const std::string& text : set.choices) {
    const std::size_t place = patterns_.size();
    const auto parsed = parse_pattern(text);
    const Pattern& pattern = patterns_.emplace_back(parsed.value_or(Pattern{}));
    if (!parsed) continue;
    if (pattern.is_exact())
      exact_.try_emplace({pattern.provider, pattern.name}, place);
    else
      globs_.push_back(place);
  }
}

std::optional<std::size_t> Choices::place_of(const ProfileKey& key) const {
  const auto exact = exact_.find(key);
  const std::size_t end = exact == exact_.end() ? patterns_.size() : exact->second;
  for (const std::size_t place : globs_) {
    if (place >= end) break;
    if (patterns_[place].matches(key)) return place;
  }
  return exact == exact_.end() ? std::nullopt : std::optional(end);
}

std::string_view to_string(Objection objection) {
  constexpr std::array<std::string_view, 9> kWords{"none",    "no_match", "pending", "expired", "stale",
                                                   "unknown", "level",    "units",   "too_old"};
  return kWords[static_cast<std::size_t>(objection)];
}

Objection objection_to(const Row& row, const Need& need, base::Time now) {
  switch (freshness(row, now)) {
    case Freshness::pending:
      return Objection::pending;
    case Freshness::expired:
      return Objection::expired;
    case Freshness::stale:
      return Objection::stale;
    case Freshness::fresh:
      break;
  }
  const Reading& reading = *row.reading;
  if (reading.level == Level::unknown) return Objection::unknown;
  if (reading.level < need.condition.at_least) return Objection::level;
  if (!need.condition.met_by(row)) return Objection::units;
  return need.max_age && now - reading.measured_at > *need.max_age ? Objection::too_old : Objection::none;
}

std::string sentence(Objection objection, const Row* row, const Need& need) {
  if (row == nullptr) return "no profile matches";
  if (!row->reading) return why_pending(*row);
  const std::string_view level = to_string(row->reading->level);
  switch (objection) {
    case Objection::expired:
      return fmt::format("UNKNOWN: its reading has expired; it was {}", level);
    case Objection::stale:
      return fmt::format("STALE: {}, but the reading is too old to be trusted", level);
    case Objection::unknown:
      return row->reading->reason.empty() ? "UNKNOWN" : fmt::format("UNKNOWN: {}", row->reading->reason);
    case Objection::level:
      return fmt::format("{}, not {}", level, to_string(need.condition.at_least));
    case Objection::units:
      return why_units(*row->reading, need.condition);
    case Objection::too_old:
      return fmt::format("{}, but measured more than {} ago", level,
                         base::to_string(need.max_age.value_or(base::Duration{0})));
    default:
      return std::string(level);
  }
}

void judge(const Snapshot& snapshot, const Choices& choices, const Need& need, base::Time now,
           const std::function<bool(const Judged&)>& visit) {
  bool goes_on = true;
  for (std::size_t choice = 0; goes_on && choice < choices.patterns().size(); ++choice) {
    bool any = false;
    find_match(snapshot, choices.patterns()[choice], [&](const RowPtr& row) {
      any = true;
      if (choices.place_of(row->profile.key) != choice) return false;
      goes_on = visit({choice, row, objection_to(*row, need, now)});
      return !goes_on;
    });
    if (!any) goes_on = visit({.choice = choice});
  }
}

}  // namespace core
