#include "core/next_run.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace core {
namespace {

constexpr std::array<std::string_view, 4> kReasons{"watched", "changed", "quiet", "budget"};

double per_second(base::Duration period) {
  return 1 / std::chrono::duration<double>(std::max(period, base::Duration{1})).count();
}

}  // namespace

std::string_view to_string(DueReason reason) {
  return kReasons[static_cast<std::size_t>(reason)];
}

std::optional<DueReason> parse_due_reason(std::string_view text) {
  const auto found = std::ranges::find(kReasons, text);
  if (found == kReasons.end()) return std::nullopt;
  return static_cast<DueReason>(found - kReasons.begin());
}

base::Duration wanted_period(const RefreshRule& rule, bool watched, std::optional<base::Duration> quiet) {
  if (watched) return rule.min;
  return quiet ? std::clamp(*quiet / kPartOfQuiet, rule.min, rule.max) : rule.max;
}

base::Duration stretched(const RefreshRule& rule, base::Duration wanted, double share) {
  if (share >= 1 || wanted >= rule.max) return wanted;
  const double promised = per_second(rule.max);
  const double rate = promised + std::max(share, 0.0) * (per_second(wanted) - promised);
  // Whole milliseconds, for people.
  const base::Duration period = std::chrono::milliseconds{std::llround(1e3 / rate)};
  return std::clamp(period, wanted, rule.max);
}

NextRun next_run(const RefreshRule& rule, bool watched, base::Time began, std::optional<base::Time> changed_at) {
  const auto quiet = changed_at ? std::optional(std::max(began - *changed_at, base::Duration{0})) : std::nullopt;
  const base::Duration wanted = wanted_period(rule, watched, quiet);
  const base::Duration period = stretched(rule, wanted, watched ? rule.watched : rule.changed);
  const DueReason reason = period > wanted     ? DueReason::budget
                           : watched           ? DueReason::watched
                           : wanted < rule.max ? DueReason::changed
                                               : DueReason::quiet;
  return {began + period, reason};
}

}  // namespace core
