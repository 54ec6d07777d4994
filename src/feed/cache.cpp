#include "feed/cache.hpp"

namespace feed {
namespace {

constexpr int kShownPerRendering = 10;
constexpr std::chrono::milliseconds kLongestShown{100};

}  // namespace

http::Prepared& Cache::get(const std::string& key, const board::State& state, const Render& render, bool exact) {
  const auto begin = std::chrono::steady_clock::now();
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    const auto entry = found->second;
    entries_.splice(entries_.begin(), entries_, entry);
    const bool same = entry->sequence == state.sequence && begin - entry->rendered_at < kept_for_;
    if (same || (!exact && begin < entry->show_until)) return entry->prepared;
    by_key_.erase(found);
    entries_.erase(entry);
  } else if (entries_.size() >= capacity_) {
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  http::Prepared prepared = render(state);
  const auto end = std::chrono::steady_clock::now();
  const auto show_until = end + std::min<base::SteadyTime::duration>((end - begin) * kShownPerRendering, kLongestShown);
  entries_.push_front({key, state.sequence, begin, show_until, std::move(prepared)});
  by_key_.emplace(entries_.front().key, entries_.begin());
  return entries_.front().prepared;
}

}  // namespace feed
