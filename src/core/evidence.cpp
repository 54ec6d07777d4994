#include "core/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "core/history.hpp"

namespace core {
namespace {

// Codes as codes_in() leaves them. A code of capacity counts whatever is around it. Throttling comes before quotas: AWS
// calls it RequestLimitExceeded, Google a quota of calls.
constexpr std::string_view kThrottled[] = {"throttl", "requestlimit", "ratelimit", "toomanyrequests"};
constexpr std::string_view kQuotas[] = {"quota", "limitexceeded", "instancecountexceeded"};
constexpr std::string_view kCapacity[] = {
    // Amazon and Karpenter.
    "insufficientinstancecapacity",
    "insufficientcapacity",
    "insufficienthostcapacity",
    "insufficientreserved",
    "unfulfillablecapacity",
    "reservationcapacityexceeded",
    // Azure.
    "allocationfailed",
    "overconstrained",
    "skunotavailable",
    // Google.
    "resourcepoolexhausted",
    "stockout",
    // Oracle, Lambda, OpenStack, Kubernetes.
    "outofhostcapacity",
    "outofcapacity",
    "notenoughcapacity",
    "novalidhost",
    "insufficientresources",
};

/// Letters in lower case and digits alone: a code is written as ZONE_RESOURCE_POOL_EXHAUSTED, in words, or in one word.
std::string codes_in(std::string_view error) {
  std::string codes;
  for (const char c : error)
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) codes += base::lower(c);
  return codes;
}

template <std::size_t N>
bool has_any(std::string_view text, const std::string_view (&words)[N]) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.contains(word); });
}

bool has_numbers(const Reading& reading) {
  return std::ranges::any_of(kNumbers, [&](const Number& each) { return (reading.*each.value).has_value(); });
}

}  // namespace

Cause cause_of(std::string_view error) {
  const std::string codes = codes_in(error);
  if (has_any(codes, kCapacity)) return Cause::capacity;
  if (has_any(codes, kThrottled)) return Cause::other;
  return has_any(codes, kQuotas) ? Cause::quota : Cause::other;
}

std::string reason_of(const Launch& launch) {
  const std::string where = launch.where.empty() ? "" : " in " + launch.where;
  std::string reason =
      launch.worked() ? "launched" + where : fmt::format("launch failed{}: {}", where, short_reason(launch.error));
  if (launch.worked() && launch.took) reason += " within " + base::to_string(*launch.took);
  if (!launch.worked() && cause_of(launch.error) == Cause::quota) reason = "no quota: " + reason;
  if (!launch.source.empty()) reason += fmt::format(" (reported by {})", launch.source);
  return reason;
}

std::optional<Reading> reading_after(const Launch& launch, base::Time at, const Reading* before,
                                     const FreshnessRule& rule, base::Time now) {
  // A reading of the future is of a clock that was ahead.
  if (before != nullptr && at <= before->measured_at && before->measured_at <= now) return std::nullopt;
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
