#include "hardware/losses.hpp"

namespace hardware {

void add_losses(std::vector<core::Transition>& transitions, const core::Row& row, base::Time now) {
  if (!row.reading) return;
  const core::Reading& reading = *row.reading;
  // The database may have a later reading than the board, which ended them.
  const auto add = [&](base::Time at, core::Level level, core::Freshness freshness) {
    if (at > now || (!transitions.empty() && transitions.back().at >= at)) return;
    transitions.push_back({.at = at, .level = level, .freshness = freshness, .reason = ""});
  };
  if (reading.stale_at < reading.expires_at) add(reading.stale_at, reading.level, core::Freshness::stale);
  add(reading.expires_at, core::Level::unknown, core::Freshness::expired);
}

}  // namespace hardware
