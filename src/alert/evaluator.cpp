#include "alert/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace alert {
namespace {

bool is_loss(core::Freshness freshness) {
  return freshness == core::Freshness::stale || freshness == core::Freshness::expired;
}

}  // namespace

Evaluator::Evaluator(const std::vector<config::AlertRule>& rules, Setting setting) : setting_(std::move(setting)) {
  for (const config::AlertRule& rule : rules) watches_.push_back(std::make_unique<Watch>(rule, setting_));
}

void Evaluator::load(const std::vector<State>& states) {
  for (const State& state : states) {
    const auto slash = std::min(state.key.find('/'), state.key.size() - 1);
    const std::string_view key = state.key;
    const auto watch = std::ranges::find(watches_, key.substr(0, slash),
                                         [](const auto& one) { return std::string_view(one->rule().config().name); });
    if (watch == watches_.end() || !(*watch)->load(key.substr(slash + 1), state.text)) dropped_.push_back(state.key);
  }
  for (const auto& watch : watches_) watch->take_changed();
}

void Evaluator::settle(base::Time now) {
  settled_ = true;
  for (const auto& watch : watches_) watch->limit(now);
  std::vector<std::set<std::string, std::less<>>> subjects(watches_.size());
  for (const auto& [id, known] : known_)
    for (const auto& [rule, subject] : known.subjects) subjects[rule].insert(subject);
  for (std::size_t rule = 0; rule < watches_.size(); ++rule)
    // Budgets are told each time all together.
    if (watches_[rule]->rule().config().when.budget.empty()) end_strangers(rule, subjects[rule], now);
  for (const auto& [place, tally] : tallies_) judge_all(place.first, place.second, now);
}

void Evaluator::wake(base::Time now) {
  for (const auto& watch : watches_)
    if (watch->is_new()) watch->wake();
  for (const auto& [id, known] : known_) judge(known, now);
}

bool Evaluator::is_known() const {
  return std::ranges::any_of(watches_, [](const auto& watch) { return !watch->is_new(); });
}

void Evaluator::end_strangers(std::size_t rule, const std::set<std::string, std::less<>>& subjects, base::Time now) {
  std::vector<std::string> gone;
  for (const auto& [subject, alert] : watches_[rule]->alerts())
    // Its condition may have been of another kind.
    if (!subjects.contains(subject) || alert.about != watches_[rule]->rule().about()) gone.push_back(subject);
  for (const std::string& subject : gone) watches_[rule]->end(subject, now);
}

Evaluator::Known* Evaluator::find(core::ProfileId profile) {
  const auto known = known_.find(profile);
  return known != known_.end() ? &known->second : nullptr;
}

Evaluator::Subjects Evaluator::subjects_of(const core::Profile& profile, std::string_view probe) const {
  Subjects subjects;
  for (std::size_t rule = 0; rule < watches_.size(); ++rule)
    if (auto subject = watches_[rule]->rule().subject_of(profile, probe))
      subjects.emplace_back(rule, *std::move(subject));
  return subjects;
}

void Evaluator::know(const core::Profile& profile, std::string_view probe, base::Time now) {
  if (auto left = put(profile, probe)) judge_moved({{profile.id, *std::move(left)}}, now);
}

void Evaluator::forget(core::ProfileId profile, base::Time now) {
  if (auto left = drop(profile)) judge_moved({{profile, *std::move(left)}}, now);
}

void Evaluator::change(const std::vector<core::RowPtr>& rows, const std::vector<core::ProfileId>& gone,
                       base::Time now) {
  std::vector<Left> all;
  for (const core::ProfileId profile : gone)
    if (auto left = drop(profile)) all.emplace_back(profile, *std::move(left));
  for (const core::RowPtr& row : rows)
    if (auto left = put(row->profile, row->probe.text())) all.emplace_back(row->profile.id, *std::move(left));
  judge_moved(all, now);
}

/// Returns the subjects that it had before. Nothing: it stays as it is.
std::optional<Evaluator::Subjects> Evaluator::put(const core::Profile& profile, std::string_view probe) {
  Known* const before = find(profile.id);
  if (before != nullptr && before->profile == profile && before->probe == probe) return std::nullopt;
  Known known{.profile = profile, .probe = std::string(probe), .subjects = subjects_of(profile, probe)};
  if (before == nullptr && known.subjects.empty()) return std::nullopt;
  Subjects left;
  if (before != nullptr) {
    leave(*before);
    left = std::move(before->subjects);
    known.seen = std::move(before->seen);
  }
  enter(known_[profile.id] = std::move(known));
  return left;
}

std::optional<Evaluator::Subjects> Evaluator::drop(core::ProfileId profile) {
  const auto known = known_.find(profile);
  if (known == known_.end()) return std::nullopt;
  leave(known->second);
  Subjects left = std::move(known->second.subjects);
  known_.erase(known);
  return left;
}

/// Subjects that a profile left end before those that others took over begin: they may be the same.
void Evaluator::judge_moved(const std::vector<Left>& all, base::Time now) {
  for (const auto& [profile, left] : all) {
    const Known* const known = find(profile);
    const Subjects& kept = known != nullptr ? known->subjects : Subjects{};
    for (const auto& [rule, subject] : left) {
      if (!watches_[rule]->rule().is_of_profiles())
        judge_all(rule, subject, now);
      else if (std::ranges::find(kept, std::pair(rule, subject)) == kept.end())
        watches_[rule]->end(subject, now);
    }
  }
  for (const auto& [profile, left] : all) {
    const Known* const known = find(profile);
    if (known == nullptr) continue;
    judge(*known, now);
    if (known->subjects.empty()) known_.erase(profile);
  }
}

void Evaluator::observe(const core::LoggedTransition& logged) {
  const core::Transition& now = logged.transition;
  advance(now.at - base::Duration{1});
  Known* const known = find(logged.profile);
  if (known == nullptr) return;
  Seen seen{.level = now.level,
            .freshness = now.freshness,
            .reason = now.reason,
            .since = now.at,
            .at = now.at,
            .revision = logged.revision};
  // A loss of freshness is logged when it is over. The row told it before.
  if (known->seen && is_loss(now.freshness) && now.at <= known->seen->at) return;
  if (known->seen) {
    seen.last = known->seen->last;
    seen.before_last = known->seen->before_last;
  }
  if (seen.level != core::Level::unknown && seen.level != seen.last) {
    if (seen.last != core::Level::unknown) seen.before_last = seen.last;
    seen.last = seen.level;
  }
  see(*known, std::move(seen), now.at);
}

void Evaluator::observe(const core::Row& row, base::Time now) {
  Known* const known = find(row.profile.id);
  if (known == nullptr) return;
  Seen seen{.level = core::effective_level(row, now),
            .freshness = core::freshness(row, now),
            .since = now,
            .at = now,
            .revision = row.revision};
  if (const auto& reading = row.reading) {
    seen.reason = seen.level == core::Level::unknown ? "" : reading->reason;
    seen.last = reading->level;
    if (reading->changed) seen.before_last = reading->changed->from;
    seen.since = reading->changed ? reading->changed->at : reading->measured_at;
    if (seen.freshness == core::Freshness::stale) seen.at = std::min(reading->stale_at, now);
    if (seen.freshness == core::Freshness::expired) seen.at = seen.since = reading->expires_at;
  }
  // A start hears of everything now; later only the clock makes news, and it did when it did.
  const bool turned = known->seen && is_loss(seen.freshness);
  const base::Time at = turned ? seen.at : now;
  if (turned) advance(at - base::Duration{1});
  see(*known, std::move(seen), at);
}

void Evaluator::see(Known& known, Seen seen, base::Time now) {
  if (known.seen) {
    const Seen& before = *known.seen;
    if (seen.revision < before.revision) return;
    if (seen.level == before.level && seen.freshness == before.freshness) {
      known.seen->reason = std::move(seen.reason);
      known.seen->revision = seen.revision;
      return;
    }
    if (seen.level == before.level) seen.since = before.since;
  }
  leave(known);
  known.seen = std::move(seen);
  enter(known);
  judge(known, now);
}

namespace {

bool is_telling(const Rule& rule, core::Level level, core::Freshness freshness) {
  return rule.about() == Subject::set ? level != core::Level::unknown : freshness != core::Freshness::pending;
}

bool is_good(const Rule& rule, core::Level level, core::Freshness freshness) {
  return rule.about() == Subject::set ? level >= rule.config().when.at_least : freshness == core::Freshness::fresh;
}

}  // namespace

void Evaluator::enter(const Known& known) {
  for (const auto& [index, subject] : known.subjects) {
    const Rule& rule = watches_[index]->rule();
    if (rule.is_of_profiles()) continue;
    Tally& tally = tallies_[{index, subject}];
    ++tally.members;
    if (!known.seen) ++tally.unheard;
    if (known.seen && is_telling(rule, known.seen->level, known.seen->freshness)) ++tally.telling;
    if (known.seen && is_good(rule, known.seen->level, known.seen->freshness)) tally.good.insert(known.profile.id);
  }
}

void Evaluator::leave(const Known& known) {
  for (const auto& [index, subject] : known.subjects) {
    const Rule& rule = watches_[index]->rule();
    if (rule.is_of_profiles()) continue;
    Tally& tally = tallies_[{index, subject}];
    --tally.members;
    if (!known.seen) --tally.unheard;
    if (known.seen && is_telling(rule, known.seen->level, known.seen->freshness)) --tally.telling;
    tally.good.erase(known.profile.id);
  }
}

void Evaluator::judge(const Known& known, base::Time now) {
  for (const auto& [index, subject] : known.subjects) {
    Watch& watch = *watches_[index];
    if (!watch.rule().is_of_profiles())
      judge_all(index, subject, now);
    else if (const auto& seen = known.seen)
      watch.find(subject, {.truth = watch.rule().judge(seen->level),
                           .since = seen->since,
                           .at = now,
                           .cause = {seen->level, seen->from(), seen->reason, known.profile.labels},
                           .group = watch.rule().group_of(known.profile)});
  }
}

void Evaluator::judge_all(std::size_t index, const std::string& subject, base::Time now) {
  if (!settled_) return;
  Watch& watch = *watches_[index];
  const Tally& tally = tallies_[{index, subject}];
  if (tally.members == 0) {
    tallies_.erase({index, subject});
    return watch.end(subject, now);
  }
  Watch::Finding finding{.since = now, .at = now};
  if (!tally.good.empty()) {
    finding.truth = Truth::over;
    const Known& good = known_.at(*tally.good.begin());
    if (watch.rule().about() == Subject::set)
      finding.cause = {good.seen->level,
                       {},
                       fmt::format("{}/{} is {}", good.profile.key.provider, good.profile.key.name,
                                   core::to_string(good.seen->level))};
  } else if (tally.telling > 0 && tally.unheard == 0) {
    finding.truth = Truth::holds;
    if (watch.rule().about() == Subject::probe)
      finding.cause.reason = tally.members == 1 ? "its profile is not fresh"
                                                : fmt::format("none of its {} profiles is fresh", tally.members);
  }
  watch.find(subject, finding);
}

void Evaluator::observe_budgets(const std::map<std::string, double>& left, base::Time now) {
  for (std::size_t rule = 0; rule < watches_.size(); ++rule) {
    Watch& watch = *watches_[rule];
    if (watch.rule().config().when.budget.empty()) continue;
    std::set<std::string, std::less<>> subjects;
    for (const auto& [probe, share] : left) {
      if (!watch.rule().watches_budget_of(probe)) continue;
      subjects.insert(probe);
      watch.find(probe, {.truth = watch.rule().judge(share),
                         .since = now,
                         .at = now,
                         .cause = {.reason = fmt::format("{} % of a budget left", std::floor(share * 100))}});
    }
    end_strangers(rule, subjects, now);
  }
}

void Evaluator::advance(base::Time now) {
  // In the order of time, over all rules.
  for (auto next = due(); next && *next <= now; next = due())
    for (const auto& watch : watches_) watch->advance(*next, messages_);
}

std::optional<base::Time> Evaluator::due() const {
  std::optional<base::Time> first;
  for (const auto& watch : watches_)
    if (const auto due = watch->due(); due && (!first || *due < *first)) first = due;
  return first;
}

Evaluator::Step Evaluator::take() {
  Step step{.messages = std::exchange(messages_, {})};
  for (std::string& key : std::exchange(dropped_, {})) step.states.push_back({std::move(key), ""});
  for (const auto& watch : watches_)
    for (const std::string& key : watch->take_changed())
      step.states.push_back({fmt::format("{}/{}", watch->rule().config().name, key), watch->text_of(key)});
  return step;
}

}  // namespace alert
