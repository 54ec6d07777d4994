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

/// Where a replay ends early.
struct ReplayLimits {
  /// Messages to return, and items in them.
  std::size_t messages = 1'000;
  std::size_t items = 50'000;
  /// Items of all messages that are made, also of those before `from`.
  std::size_t work = 2'000'000;
};

struct Replayed {
  std::vector<Message> messages{};
  /// There are more than these: a limit was reached.
  bool more = false;
};

/// The messages that these rules would have made from `from` (inclusive) to `to`, had they been there before. What lies
/// before `from` counts as past, as far as it is given. Nothing is known of budgets. Pure.
Replayed replay(const std::vector<config::AlertRule>& rules, const Setting& setting, std::span<const Past> pasts,
                base::Time from, base::Time to, const ReplayLimits& limits = {});

}  // namespace alert
