#include "core/losses.hpp"

namespace core {

void add_losses(std::vector<Transition>& transitions, const Row& row, base::Time now) {
  if (!row.reading) return;
  const Reading& reading = *row.reading;
  // The database may have a later reading than the board, which ended them.
  const auto add = [&](base::Time at, Level level, Freshness freshness) {
    if (at > now || (!transitions.empty() && transitions.back().at >= at)) return;
    transitions.push_back({.at = at, .level = level, .freshness = freshness, .reason = ""});
  };
  if (reading.stale_at < reading.expires_at) add(reading.stale_at, reading.level, Freshness::stale);
  add(reading.expires_at, Level::unknown, Freshness::expired);
}

}  // namespace core
