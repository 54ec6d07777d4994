#include "feed/cache.hpp"

namespace feed {
namespace {

constexpr int kShownPerRendering = 10;
constexpr std::chrono::milliseconds kLongestShown{100};

}  // namespace

http::Prepared* Cache::find(std::string_view key, const board::State& state, bool exact) {
  Entry* const entry = entries_.find(key);
  if (entry == nullptr) return nullptr;
  const auto now = std::chrono::steady_clock::now();
  const bool same = entry->sequence == state.sequence && now - entry->rendered_at < kept_for_;
  return same || (!exact && now < entry->show_until) ? &entry->prepared : nullptr;
}

http::Prepared& Cache::get(std::string_view key, const board::State& state, const Render& render, bool exact) {
  if (http::Prepared* const known = find(key, state, exact)) return *known;
  const auto begin = std::chrono::steady_clock::now();
  http::Prepared prepared = render(state);
  const auto end = std::chrono::steady_clock::now();
  const auto show_until = end + std::min<base::SteadyTime::duration>((end - begin) * kShownPerRendering, kLongestShown);
  return entries_.put(std::string(key), {state.sequence, begin, show_until, std::move(prepared)}).prepared;
}

}  // namespace feed
