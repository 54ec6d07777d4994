#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alert/message.hpp"
#include "alert/quiet.hpp"
#include "base/time_zone.hpp"
#include "config/alerts.hpp"
#include "core/pattern.hpp"
#include "core/preference.hpp"
#include "core/profile.hpp"
#include "core/sets.hpp"

namespace alert {

/// Is the condition of an alert met? `neither` begins no alert and ends none.
enum class Truth : std::uint8_t { over, neither, holds };

/// What all rules share beside themselves.
struct Setting {
  std::vector<config::QuietHours> quiet_hours{};
  base::TimeZone zone{};
  /// What people call `zone`.
  std::string zone_name = "UTC";
  core::Sets sets{};
  /// Where the portal is; "" for messages without links.
  std::string public_url{};
  /// Message::source.
  std::string source{};
};

/// A rule, ready to be asked. Immutable.
class Rule {
 public:
  /// REQUIRES: validated.
  Rule(config::AlertRule config, const Setting& setting);

  const config::AlertRule& config() const { return config_; }
  const Quiet& quiet() const { return quiet_; }
  Subject about() const;
  /// Each profile has an alert of its own; else those of one subject make one together.
  bool is_of_profiles() const { return about() == Subject::profile; }

  /// The subject whose alert this profile is part of; nothing when the rule does not watch it.
  std::optional<std::string> subject_of(const core::Profile& profile, std::string_view probe) const;
  /// The group of that alert.
  std::map<std::string, std::string> group_of(const core::Profile& profile) const;

  /// Of a rule about profiles: what a profile's level means.
  Truth judge(core::Level level) const;
  /// Of a budget's rule: what the smallest share of a probe's budgets that is left means; is it watched?
  Truth judge(double left) const { return left < config_.when.left ? Truth::holds : Truth::over; }
  bool watches_budget_of(std::string_view probe) const;

 private:
  bool has_labels(const core::Labels& labels) const;

  config::AlertRule config_;
  Quiet quiet_;
  /// Of profiles.
  std::vector<core::Pattern> patterns_{};
  /// Of the set.
  std::optional<core::Choices> choices_{};
};

}  // namespace alert
