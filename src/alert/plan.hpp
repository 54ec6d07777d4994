#pragma once

#include <map>
#include <string>
#include <vector>

#include "alert/rule.hpp"
#include "config/config.hpp"
#include "store/budgets.hpp"

namespace alert {

/// What the configuration says about alerts, ready for the evaluation.
struct Plan {
  std::vector<config::AlertRule> rules{};
  /// Names of all receivers.
  std::vector<std::string> receivers{};
  Setting setting{};
  /// The limits of each probe that has some.
  std::map<std::string, std::vector<store::Limit>> limits{};

  /// Who gets the messages of a rule.
  const std::vector<std::string>& receivers_of(const std::string& rule) const;
  /// The setting over a database of this epoch, which names the installation when it has no public_url.
  Setting setting_in(const std::string& epoch) const;
};

/// Throws base::UsageError when the time zone is not to be had.
Plan plan_of(const config::Config& config);

}  // namespace alert
