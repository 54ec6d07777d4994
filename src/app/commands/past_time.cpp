#include "app/commands/past_time.hpp"

#include "base/duration.hpp"

namespace app {

base::Time past_time(const std::string& flag, const std::string& text, base::Time now) {
  if (const auto time = base::parse_rfc3339(text)) return *time;
  if (const auto midnight = base::parse_rfc3339(text + "T00:00:00Z")) return *midnight;
  if (const auto ago = base::parse_duration(text)) return now - *ago;
  throw base::UsageError(fmt::format("{}: '{}' is not a time; write {}", flag, text, kPastTime));
}

}  // namespace app
