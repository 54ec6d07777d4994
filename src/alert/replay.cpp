#include "alert/replay.hpp"

#include <algorithm>

#include "alert/evaluator.hpp"

namespace alert {
namespace {

/// Transitions of all profiles in the order of time; of one profile in their own.
std::vector<core::LoggedTransition> merged(std::span<const Past> pasts) {
  std::vector<core::LoggedTransition> all;
  for (const Past& past : pasts)
    for (const core::Transition& transition : past.transitions)
      all.push_back({.profile = past.profile.id, .transition = transition});
  for (std::size_t i = 0; i < all.size(); ++i) all[i].revision = static_cast<core::Revision>(i);
  std::ranges::sort(all, {}, [](const auto& one) { return std::pair(one.transition.at, one.revision); });
  return all;
}

}  // namespace

std::vector<Message> replay(const std::vector<config::AlertRule>& rules, const Setting& setting,
                            std::span<const Past> pasts, base::Time from, base::Time to) {
  Evaluator evaluator(rules, setting);
  const auto transitions = merged(pasts);
  const base::Time begin = transitions.empty() ? from : std::min(from, transitions.front().transition.at);
  for (const Past& past : pasts) {
    evaluator.know(past.profile, past.probe, begin);
    const bool measured_before = !past.transitions.empty() && past.transitions.front().at <= from;
    if (!measured_before) evaluator.observe(core::Row{.profile = past.profile, .revision = -1}, begin);
  }
  evaluator.settle(begin);
  evaluator.wake(begin);
  for (const core::LoggedTransition& transition : transitions)
    if (transition.transition.at <= to) evaluator.observe(transition);
  evaluator.advance(to);
  auto messages = evaluator.take().messages;
  std::erase_if(messages, [&](const Message& message) { return message.at < from; });
  return messages;
}

}  // namespace alert
