#include "portal/need_query.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/duration.hpp"

namespace portal {
namespace {

std::unexpected<base::Error> wrong(std::string_view parameter, std::string_view why) {
  return base::fail(base::Errc::invalid, fmt::format("{}: {}", parameter, why));
}

/// A condition on units accepts any known level.
core::Level usual_level(const core::Condition& condition) {
  return condition.free || condition.total_free ? core::Level::low : core::Level::medium;
}

}  // namespace

base::Result<base::Duration> read_duration(const http::Query& query, std::string_view name, base::Duration otherwise) {
  const auto text = query.get(name);
  if (!text) return otherwise;
  const auto duration = base::parse_duration(*text);
  if (!duration) return wrong(name, duration.error().message);
  return *duration;
}

base::Result<core::Need> read_need(const http::Query& query) {
  core::Need need;
  core::Condition& condition = need.condition;
  for (const auto& [name, units] :
       {std::pair("free", &condition.free), std::pair("total_free", &condition.total_free)}) {
    const auto number = query.number(name, 0, 0, core::kMostFree);
    if (!number) return std::unexpected(number.error());
    if (query.get(name)) *units = static_cast<double>(*number);
  }
  condition.at_least = usual_level(condition);
  if (const auto text = query.get("at_least")) {
    const auto level = core::parse_at_least(*text);
    if (!level) return wrong("at_least", level.error().message);
    condition.at_least = *level;
  }
  const auto age = read_duration(query, "max_age", base::Duration{0});
  if (!age) return std::unexpected(age.error());
  if (!query.get("max_age")) return need;
  if (*age == base::Duration{0}) return wrong("max_age", "no reading is so young; give a duration such as 5m");
  need.max_age = *age;
  return need;
}

std::string to_query(const core::Need& need) {
  const core::Condition& condition = need.condition;
  std::vector<std::string> parts;
  if (condition.at_least != usual_level(condition))
    parts.push_back(fmt::format("at_least={}", core::to_string(condition.at_least)));
  if (condition.free) parts.push_back(fmt::format("free={}", *condition.free));
  if (condition.total_free) parts.push_back(fmt::format("total_free={}", *condition.total_free));
  if (need.max_age) parts.push_back(fmt::format("max_age={}", base::to_string(*need.max_age)));
  return fmt::format("{}", fmt::join(parts, "&"));
}

std::string wait_flags(const core::Need& need) {
  const core::Condition& condition = need.condition;
  std::string flags;
  if (condition.at_least != usual_level(condition))
    flags += fmt::format(" --at-least {}", core::to_string(condition.at_least));
  if (condition.free) flags += fmt::format(" --free {}", *condition.free);
  if (condition.total_free) flags += fmt::format(" --total-free {}", *condition.total_free);
  return flags;
}

}  // namespace portal
