#include "feed/cache.hpp"

namespace feed {
namespace {

constexpr int kShownPerRendering = 10;
constexpr std::chrono::milliseconds kLongestShown{100};

}  // namespace

http::Prepared& Cache::get(const std::string& key, const board::State& state, const Render& render, bool exact) {
  const auto begin = std::chrono::steady_clock::now();
  if (Entry* const entry = entries_.find(key)) {
    const bool same = entry->sequence == state.sequence && begin - entry->rendered_at < kept_for_;
    if (same || (!exact && begin < entry->show_until)) return entry->prepared;
  }
  http::Prepared prepared = render(state);
  const auto end = std::chrono::steady_clock::now();
  const auto show_until = end + std::min<base::SteadyTime::duration>((end - begin) * kShownPerRendering, kLongestShown);
  return entries_.put(key, {state.sequence, begin, show_until, std::move(prepared)}).prepared;
}

}  // namespace feed
