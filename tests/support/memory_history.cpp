// The history of the store without a database.
#include "store/buckets.hpp"
#include "store/transitions.hpp"
#include "support/memory_store.hpp"

namespace support {

using core::ProfileId;
using core::Span;

namespace {

/// What the reading's own columns are in a database.
base::Time first_bucket(const std::map<base::Time, core::Bucket>& buckets, base::Time time) {
  const base::Time begin = store::begin_of(Span::five_minutes, time);
  const bool is_unsteady = !buckets.empty() && buckets.rbegin()->first == begin + core::length_of(Span::five_minutes);
  return is_unsteady ? buckets.rbegin()->first : begin;
}

}  // namespace

void MemoryStore::tell(ProfileId profile, const core::Reading* before, const core::Reading& reading, bool counts) {
  History& history = histories_[profile];
  if (kept_.transitions.count() > 0) {
    auto& told = history.transitions;
    if (history.last && history.last->at > reading.measured_at + std::chrono::seconds{1}) {
      auto later = std::ranges::find_if(told, [&](const auto& one) { return one.transition.at > reading.measured_at; });
      base::Time at = reading.measured_at - base::Duration{told.end() - later};
      base::Time last = later == told.begin() ? base::Time{} : std::prev(later)->transition.at;
      for (; later != told.end(); ++later, at += base::Duration{1})
        last = later->transition.at = std::max(at, last + base::Duration{1});
      history.last->at = last;
    }
    if (const auto since = std::exchange(history.untold_since, std::nullopt))
      told.push_back({revision_, profile, store::gap_at(*since, history.last)});
    for (auto& transition : core::transitions_of(reading, before, history.last))
      told.push_back({revision_, profile, std::move(transition)});
  }
  if (kept_.transitions.count() == 0 && history.last && !history.untold_since)
    history.untold_since = reading.measured_at;
  if (!kept_.keeps_numbers() || !counts) return;
  for (const core::Number& number : core::kNumbers) {
    const auto value = reading.*number.value;
    if (!value) continue;
    auto& buckets = history.numbers[0][number.value];
    const base::Time begin = first_bucket(buckets, reading.measured_at);
    core::Bucket& bucket = buckets[begin];
    bucket.begin = begin;
    store::add(bucket, {begin, 1, *value, *value, *value});
  }
}

void MemoryStore::keep(const core::Retention& retention) {
  const std::lock_guard lock(mutex_);
  kept_ = retention;
}

std::vector<core::Transition> MemoryStore::transitions(ProfileId profile, const store::Between& between,
                                                       std::size_t limit) {
  const auto lock = enter();
  base::Time from = between.from;
  std::vector<core::Transition> found;
  const auto& all = histories_[profile].transitions;
  for (const auto& [revision, id, transition] : all)
    if (transition.at <= between.from) from = transition.at;
  for (const auto& [revision, id, transition] : all)
    if (transition.at >= from && transition.at < between.to) found.push_back(transition);
  if (found.size() > limit) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(limit));
  return found;
}

std::vector<core::Bucket> MemoryStore::numbers(ProfileId profile, core::NumberOf number, Span span,
                                               const store::Between& between, std::size_t limit) {
  const auto lock = enter();
  const std::array kept{kept_.five_minutes, kept_.hours, kept_.days};
  const auto place = static_cast<std::size_t>(span);
  if (kept[place].count() == 0) return {};
  std::map<base::Time, core::Bucket> sums;
  for (std::size_t each = 0; each <= place; ++each)
    for (const auto& [begin, bucket] : histories_[profile].numbers[each][number]) {
      core::Bucket& sum = sums[store::begin_of(span, begin)];
      sum.begin = store::begin_of(span, begin);
      store::add(sum, bucket);
    }
  std::vector<core::Bucket> found;
  for (const auto& [begin, bucket] : sums)
    if (begin >= between.from && begin < between.to) found.push_back(bucket);
  if (found.size() > limit) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(limit));
  return found;
}

std::vector<store::PastRow> MemoryStore::board_at(base::Time time, const core::ProfileKey& after, std::size_t limit) {
  const auto lock = enter();
  std::map<core::ProfileKey, core::RowPtr> rows;
  for (const auto& [id, row] : rows_)
    if (row->profile.key > after) rows.emplace(row->profile.key, row);
  std::vector<store::PastRow> found;
  for (const auto& [key, row] : rows) {
    if (found.size() == limit) break;
    store::PastRow& past = found.emplace_back(row->profile);
    for (const auto& [revision, id, transition] : histories_[row->profile.id].transitions)
      if (transition.at <= time) past.state = transition;
    if (!past.state || !row->reading) continue;
    const core::Reading& reading = *row->reading;
    if (time >= reading.expires_at)
      past.state = {reading.expires_at, core::Level::unknown, core::Freshness::expired, ""};
    else if (time >= reading.stale_at)
      past.state = {reading.stale_at, reading.level, core::Freshness::stale, ""};
  }
  return found;
}

std::vector<core::LoggedTransition> MemoryStore::all_transitions() const {
  std::vector<core::LoggedTransition> all;
  for (const auto& [id, history] : histories_)
    all.insert(all.end(), history.transitions.begin(), history.transitions.end());
  std::ranges::sort(all, {}, [](const auto& one) { return std::tuple(one.revision, one.profile, one.transition.at); });
  return all;
}

std::vector<core::LoggedTransition> MemoryStore::transitions_after(core::Revision seen, std::size_t limit) {
  const auto lock = enter();
  auto all = all_transitions();
  std::erase_if(all, [&](const auto& one) { return one.revision <= seen; });
  if (limit < all.size()) {
    const core::Revision last = limit == 0 ? seen : all[limit - 1].revision;
    std::erase_if(all, [&](const auto& one) { return one.revision > last; });
  }
  return all;
}

std::vector<core::LoggedTransition> MemoryStore::latest_transitions(std::size_t limit) {
  const auto lock = enter();
  auto all = all_transitions();
  std::ranges::reverse(all);
  all.resize(std::min(all.size(), limit));
  return all;
}

std::vector<core::LoggedTransition> MemoryStore::latest_transitions_of(std::span<const ProfileId> profiles,
                                                                       std::size_t limit) {
  const auto lock = enter();
  auto all = all_transitions();
  std::erase_if(all, [&](const auto& one) { return std::ranges::find(profiles, one.profile) == profiles.end(); });
  std::ranges::sort(all, std::greater(), [](const auto& one) { return std::tuple(one.transition.at, one.profile); });
  all.resize(std::min(all.size(), limit));
  return all;
}

std::map<ProfileId, core::Calibration> MemoryStore::calibration(const store::Between& between,
                                                                std::optional<ProfileId> profile) {
  const auto lock = enter();
  std::map<ProfileId, core::Calibration> found;
  for (const Told& one : launches_) {
    if (one.at < between.from || one.at >= between.to || !rows_.contains(one.profile)) continue;
    if (profile.value_or(one.profile) != one.profile) continue;
    core::Launches& launches = found[one.profile][one.said];
    ++(one.worked ? launches.worked : launches.failed);
  }
  return found;
}

std::vector<store::Observed> MemoryStore::observe(std::span<const store::Observation> observations) {
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  std::vector<store::Observed> observed(observations.size());
  ++revision_;
  for (const std::size_t i : store::by_time(observations, now)) {
    const auto& [profile, launch, told_at, told_id, rule, key] = observations[i];
    if (!rows_.contains(profile)) continue;
    core::Row row = *rows_[profile];
    if (key && row.profile.key != *key) continue;
    observed[i].effect = store::Observed::Effect::repeated;
    const auto same = [&](const Told& one) { return one.id == told_id && one.told_of == profile; };
    if (!told_id.empty() && std::ranges::any_of(launches_, same)) continue;
    const base::Time at = std::min(told_at.value_or(now), now);
    const base::Time began = at - launch.took.value_or(base::Duration{0});
    core::Level said = core::Level::unknown;
    for (const auto& [revision, id, transition] : histories_[profile].transitions)
      if (transition.at <= began) said = transition.level;
    if (row.reading && began >= row.reading->measured_at) said = core::level_at(*row.reading, began);
    observed[i] = {store::Observed::Effect::counted, said};
    launches_.push_back({profile, at, said, launch.worked(), told_id, profile});
    auto reading = core::reading_after(launch, at, row.reading ? &*row.reading : nullptr, rule, now);
    if (!reading) continue;
    observed[i].effect = store::Observed::Effect::applied;
    set_reading(row, std::move(*reading), false);
    put(std::move(row));
  }
  return observed;
}

bool MemoryStore::take_turn(base::Duration period) {
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  if (turn_ && now < *turn_ + period && *turn_ <= now) return false;
  turn_ = now;
  return true;
}

store::Pruned MemoryStore::prune() {
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  store::Pruned pruned;
  pruned.rows = static_cast<std::int64_t>(
      std::erase_if(launches_, [&](const Told& one) { return one.at < now - kept_.transitions; }));
  for (auto& [id, history] : histories_) {
    auto& told = history.transitions;
    const auto next =
        std::ranges::find_if(told, [&](const auto& one) { return one.transition.at > now - kept_.transitions; });
    const auto first = next == told.begin() || kept_.transitions.count() == 0 ? next : std::prev(next);
    pruned.rows += first - told.begin();
    told.erase(told.begin(), first);
    if (!kept_.keeps_numbers()) history.numbers = {};
    const std::array ends{store::begin_of(Span::day, now - kept_.five_minutes),
                          store::block_of(Span::day, id, now - kept_.hours), now - kept_.days};
    for (std::size_t span = 0; span < ends.size(); ++span)
      for (const core::Number& number : core::kNumbers) {
        auto& buckets = history.numbers[span][number.value];
        while (!buckets.empty() && buckets.begin()->first < ends[span]) {
          const core::Bucket bucket = buckets.extract(buckets.begin()).mapped();
          ++pruned.rows;
          if (span + 1 == ends.size()) continue;
          const base::Time begin = store::begin_of(static_cast<Span>(span + 1), bucket.begin);
          core::Bucket& sum = history.numbers[span + 1][number.value][begin];
          sum.begin = begin;
          store::add(sum, bucket);
        }
      }
  }
  return pruned;
}

}  // namespace support
