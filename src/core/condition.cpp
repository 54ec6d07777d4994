#include "core/condition.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace core {

bool Condition::matches(const ProfileKey& key) const {
  return std::ranges::any_of(patterns, [&](const Pattern& pattern) { return pattern.matches(key); });
}

bool Condition::met_by(const Row& row) const {
  if (!row.reading || row.reading->level < at_least) return false;
  const auto enough = [](const std::optional<double>& wanted, const std::optional<double>& there) {
    return !wanted || (there && *there >= *wanted);
  };
  const auto& [sum, piece] = std::pair(row.reading->free, row.reading->largest);
  return enough(free, piece ? piece : sum) && enough(total_free, sum);
}

base::Result<Level> parse_at_least(std::string_view text) {
  for (const Level level : {Level::low, Level::medium, Level::high})
    if (base::equals_ignoring_case(text, to_string(level))) return level;
  return base::fail(base::Errc::invalid,
                    fmt::format("'{}' is not a level to wait for; use LOW, MEDIUM or HIGH", base::to_utf8(text)));
}

Hold continued(const std::optional<Hold>& before, const Reading& reading) {
  // One from before the hold began is from before a step back of the clock.
  const bool goes_on = before && before->since <= reading.measured_at && reading.measured_at <= before->until;
  return {.since = goes_on ? before->since : reading.measured_at, .until = reading.stale_at};
}

}  // namespace core
