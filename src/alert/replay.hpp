#pragma once

#include <span>
#include <string>
#include <vector>

#include "alert/message.hpp"
#include "alert/rule.hpp"
#include "core/history.hpp"

namespace alert {

using Transitions = std::vector<core::Transition>;

/// The history of a profile: oldest first, losses of freshness included.
struct Past {
  core::Profile profile;
  std::string probe;
  Transitions transitions;
};

/// The messages that these rules would have made from `from` (inclusive) to `to`, had they been there before. What lies
/// before `from` counts as past, as far as it is given. Nothing is known of budgets. Pure.
std::vector<Message> replay(const std::vector<config::AlertRule>& rules, const Setting& setting,
                            std::span<const Past> pasts, base::Time from, base::Time to);

}  // namespace alert
