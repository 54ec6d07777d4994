#include "core/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.hpp"
#include "core/history.hpp"
#include "core/launch_error.hpp"

namespace core {
namespace {

// The beginnings of the reasons of launches.
constexpr std::string_view kLaunched = "launched", kFailed = "launch failed", kNoQuota = "no quota: ";

bool has_numbers(const Reading& reading) {
  return std::ranges::any_of(kNumbers, [&](const Number& each) { return (reading.*each.value).has_value(); });
}

bool is_newer(const Launch& launch, base::Time at, const Reading& before, base::Time now) {
  // A reading of the future is of a clock that was ahead.
  if (at > before.measured_at || before.measured_at > now) return true;
  return at == before.measured_at && !launch.worked() && is_launch(before) && before.level > Level::low;
}

}  // namespace

std::string reason_of(const Launch& launch) {
  const LaunchError error = read_launch_error(launch.error);
  std::string reason(error.cause == Cause::quota ? kNoQuota : "");
  reason += launch.worked() ? kLaunched : kFailed;
  if (!launch.where.empty()) reason += " in " + launch.where;
  if (!error.words.empty()) reason += ": " + short_reason(error.words);
  if (launch.worked() && launch.took) reason += " within " + base::to_string(*launch.took);
  if (!launch.source.empty()) reason += fmt::format(" (reported by {})", launch.source);
  return reason;
}

bool is_launch(const Reading& reading) {
  const std::string_view reason = reading.reason;
  return reason.starts_with(kLaunched) || reason.starts_with(kFailed) ||
         (reason.starts_with(kNoQuota) && reason.substr(kNoQuota.size()).starts_with(kFailed));
}

std::optional<Reading> reading_after(const Launch& launch, base::Time at, const Reading* before,
                                     const FreshnessRule& rule, base::Time now) {
  if (before != nullptr && !is_newer(launch, at, *before, now)) return std::nullopt;
  const Level known = before == nullptr ? Level::unknown : level_at(*before, at);
  const Level level = launch.worked() ? std::max(known, Level::medium) : Level::low;
  Reading reading;
  if (before != nullptr && level == known && at < before->stale_at) reading = *before;
  reading.level = level;
  reading.changed.reset();
  reading.recent = {};
  reading.reason = reason_of(launch);
  reading.measured_at = at;
  reading.took = launch.took.value_or(base::Duration{0});
  if (!has_numbers(reading)) apply(rule, reading);
  reading.recent.observe(0, level);
  return reading;
}

Calibration& Calibration::operator+=(const Calibration& other) {
  for (std::size_t i = 0; i < of.size(); ++i) {
    of[i].worked += other.of[i].worked;
    of[i].failed += other.of[i].failed;
  }
  return *this;
}

std::int64_t Calibration::all() const {
  std::int64_t all = 0;
  for (const Launches& launches : of) all += launches.all();
  return all;
}

}  // namespace core
