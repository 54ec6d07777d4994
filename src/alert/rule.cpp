#include "alert/rule.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "core/row.hpp"

namespace alert {
Rule::Rule(config::AlertRule config, const Setting& setting)
    : config_(std::move(config)), quiet_(config_.quiet_hours.value_or(setting.quiet_hours), setting.zone) {
  if (const core::Set* const set = core::find_set(setting.sets, config_.when.set)) choices_.emplace(*set);
  for (const std::string& text : config_.profiles)
    if (auto pattern = core::parse_pattern(text)) patterns_.push_back(*std::move(pattern));
}

Subject Rule::about() const {
  if (!config_.when.set.empty()) return Subject::set;
  return config_.when.reaches || config_.when.below ? Subject::profile : Subject::probe;
}

std::optional<std::string> Rule::subject_of(const core::Profile& profile, std::string_view probe) const {
  const config::AlertCondition& when = config_.when;
  if (!when.budget.empty()) return std::nullopt;
  if (!when.blind.empty()) {
    const bool watched = !probe.empty() && probe != core::kNoProbe && base::glob_match(when.blind, probe);
    return watched ? std::optional<std::string>(probe) : std::nullopt;
  }
  if (!when.set.empty()) return choices_ && choices_->place_of(profile.key) ? std::optional(when.set) : std::nullopt;
  const auto matches = [&](const core::Pattern& pattern) { return pattern.matches(profile.key); };
  if (std::ranges::none_of(patterns_, matches) || !has_labels(profile.labels)) return std::nullopt;
  return alert::subject_of(profile.key);
}

bool Rule::has_labels(const core::Labels& labels) const {
  return std::ranges::all_of(config_.labels, [&](const auto& wanted) {
    const auto label = labels.find(wanted.first);
    return label != labels.end() && base::glob_match(wanted.second, label->second);
  });
}

std::map<std::string, std::string> Rule::group_of(const core::Profile& profile) const {
  std::map<std::string, std::string> group;
  for (const std::string& key : config_.group_by) {
    const auto label = profile.labels.find(key);
    if (key == "provider")
      group[key] = profile.key.provider;
    else if (key == "name")
      group[key] = profile.key.name;
    else
      group[key] = label != profile.labels.end() ? label->second : "";
  }
  return group;
}

Truth Rule::judge(core::Level level) const {
  const config::AlertCondition& when = config_.when;
  if (when.reaches) return level >= *when.reaches ? Truth::holds : Truth::over;
  if (level == core::Level::unknown) return Truth::neither;
  return level < *when.below ? Truth::holds : Truth::over;
}

bool Rule::watches_budget_of(std::string_view probe) const {
  return !config_.when.budget.empty() && base::glob_match(config_.when.budget, probe);
}

}  // namespace alert
