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

/// Takes messages as they are made, so that no more of them are held than are wanted.
class Taker {
 public:
  Taker(Evaluator& evaluator, base::Time from, const ReplayLimits& limits)
      : evaluator_(evaluator), from_(from), limits_(limits) {}

  /// Lets the time pass; false when a limit is reached.
  bool advance(base::Time to) {
    for (auto next = evaluator_.due(); next && *next <= to && !taken_.more; next = evaluator_.due()) {
      evaluator_.advance(*next);
      for (Message& message : evaluator_.take().messages) take(std::move(message));
    }
    return !taken_.more;
  }
  Replayed result() { return std::move(taken_); }

 private:
  void take(Message message) {
    made_ += message.items.size();
    taken_.more = taken_.more || made_ > limits_.work;
    if (taken_.more || message.at < from_) return;
    items_ += message.items.size();
    taken_.more = taken_.messages.size() >= limits_.messages || items_ > limits_.items;
    if (!taken_.more) taken_.messages.push_back(std::move(message));
  }

  Evaluator& evaluator_;
  const base::Time from_;
  const ReplayLimits limits_;
  Replayed taken_;
  std::size_t made_ = 0, items_ = 0;
};

}  // namespace

Replayed replay(const std::vector<config::AlertRule>& rules, const Setting& setting, std::span<const Past> pasts,
                base::Time from, base::Time to, const ReplayLimits& limits) {
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
  Taker taker(evaluator, from, limits);
  for (const core::LoggedTransition& transition : transitions) {
    if (transition.transition.at > to) break;
    if (!taker.advance(transition.transition.at - base::Duration{1})) return taker.result();
    evaluator.observe(transition);
  }
  taker.advance(to);
  return taker.result();
}

}  // namespace alert
