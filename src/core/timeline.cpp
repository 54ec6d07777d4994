#include "core/timeline.hpp"

#include <algorithm>

namespace core {
namespace {

/// Where `length` is counted; null for UNKNOWN.
template <class Levels>
base::Duration* of_level(Levels& levels, Level level) {
  switch (level) {
    case Level::high:
      return &levels.high;
    case Level::medium:
      return &levels.medium;
    case Level::low:
      return &levels.low;
    case Level::unknown:
      break;
  }
  return nullptr;
}

/// The nearest rank: a length that there was.
base::Duration percentile(std::span<const base::Duration> sorted, std::size_t percent) {
  return sorted.empty() ? base::Duration{0} : sorted[(sorted.size() * percent + 99) / 100 - 1];
}

/// For each stretch, when the first one that is `wanted` begins, itself or a later one; base::Time::max() for none.
template <class Wanted>
std::vector<base::Time> next_of(std::span<const Stretch> stretches, Wanted wanted) {
  std::vector<base::Time> next(stretches.size(), base::Time::max());
  for (std::size_t i = stretches.size(); i-- > 0;)
    if (wanted(stretches[i]))
      next[i] = stretches[i].begin;
    else if (i + 1 < stretches.size())
      next[i] = next[i + 1];
  return next;
}

void add_hours(Week& week, const Stretch& stretch, std::array<std::int64_t, std::tuple_size_v<Week>>& last_weeks) {
  constexpr std::int64_t kFirstMonday = 4 * 24;  // 1970 began on a Thursday
  constexpr std::int64_t kHours = std::tuple_size_v<Week>;
  for (base::Time begin = stretch.begin; begin < stretch.end;) {
    const auto hour = std::chrono::floor<std::chrono::hours>(begin);
    const base::Time end = std::min(stretch.end, base::Time(hour + std::chrono::hours{1}));
    const std::int64_t since_monday = hour.time_since_epoch().count() - kFirstMonday + kHours;
    const auto place = static_cast<std::size_t>(since_monday % kHours);
    *of_level(week[place], stretch.level) += end - begin;
    if (std::exchange(last_weeks[place], since_monday / kHours) != since_monday / kHours) ++week[place].weeks;
    begin = end;
  }
}

}  // namespace

Timeline timeline(std::span<const Transition> transitions, base::Time from, base::Time to) {
  Timeline stretches;
  const auto add = [&](base::Time begin, const Transition& state) {
    if (begin >= to) return;
    if (!stretches.empty() && begin <= stretches.back().begin) stretches.pop_back();
    if (!stretches.empty()) {
      Stretch& last = stretches.back();
      const bool same = last.level == state.level && last.freshness == state.freshness;
      last.end = same ? to : begin;
      if (same) return;
    }
    stretches.push_back({begin, to, state.level, state.freshness, state.reason});
  };
  add(from, {.at = from, .level = Level::unknown, .freshness = Freshness::pending, .reason = ""});
  for (const Transition& transition : transitions) add(std::max(from, transition.at), transition);
  return stretches;
}

Stretch merged(std::span<const Stretch> stretches, base::Time begin, base::Time end) {
  struct Part {
    base::Duration length{0};
    const Stretch* lowest = nullptr;
  };
  Part observed, stale, unknown;
  auto each = std::ranges::upper_bound(stretches, begin, {}, &Stretch::end);
  for (; each != stretches.end() && each->begin < end; ++each) {
    Part& part = each->observed() ? observed : each->level == Level::unknown ? unknown : stale;
    part.length += std::min(each->end, end) - std::max(each->begin, begin);
    if (part.lowest == nullptr || each->level < part.lowest->level) part.lowest = &*each;
  }
  const Part& shown = observed.length > stale.length + unknown.length ? observed
                      : unknown.length < stale.length                 ? stale
                                                                      : unknown;
  return {begin, end, shown.lowest->level, shown.lowest->freshness, shown.lowest->reason};
}

Shares shares(std::span<const Stretch> stretches) {
  Shares shares;
  for (const Stretch& stretch : stretches) {
    base::Duration* level = of_level(shares, stretch.level);
    (level == nullptr ? shares.unknown : stretch.observed() ? *level : shares.stale) += stretch.length();
  }
  return shares;
}

std::array<Share, 5> parts(const Shares& shares) {
  const auto part = [total = std::max<std::int64_t>(shares.total().count(), 1)](base::Duration length) {
    return static_cast<double>(length.count()) / static_cast<double>(total);
  };
  return {{{"HIGH", Level::high, part(shares.high)},
           {"MEDIUM", Level::medium, part(shares.medium)},
           {"LOW", Level::low, part(shares.low)},
           {"stale", Level::unknown, part(shares.stale)},
           {"unknown", Level::unknown, part(shares.unknown)}}};
}

Lasting lasting(std::span<const Stretch> stretches, Level level) {
  Lasting lasting;
  std::vector<base::Duration> lengths;
  for (std::size_t begin = 0; begin < stretches.size(); ++begin) {
    if (stretches[begin].level != level) continue;
    std::size_t end = begin;
    while (end < stretches.size() && stretches[end].level == level) ++end;
    const bool cut = begin == 0 || end == stretches.size() || stretches[begin - 1].level == Level::unknown ||
                     stretches[end].level == Level::unknown;
    if (cut)
      ++lasting.cut;
    else
      lengths.push_back(stretches[end - 1].end - stretches[begin].begin);
    begin = end;
  }
  std::ranges::sort(lengths);
  lasting.count = static_cast<std::int64_t>(lengths.size());
  lasting.median = percentile(lengths, 50);
  lasting.most = percentile(lengths, 90);
  return lasting;
}

Chance chance(std::span<const Stretch> stretches, Level level, base::Duration within, base::Duration step) {
  Chance chance;
  const auto reached =
      next_of(stretches, [&](const Stretch& stretch) { return stretch.observed() && stretch.level >= level; });
  const auto unknown = next_of(stretches, [](const Stretch& stretch) { return stretch.level == Level::unknown; });
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    const Stretch& stretch = stretches[i];
    if (!stretch.observed() || stretch.level >= level) continue;
    const base::Time known_until = std::min(stretches.back().end, unknown[i]) - within;
    const base::Time first = base::Time{(stretch.begin.time_since_epoch() + step - base::Duration{1}) / step * step};
    for (base::Time moment = first; moment < stretch.end && moment < known_until; moment += step) {
      ++chance.count;
      if (reached[i] <= moment + within) ++chance.reached;
    }
  }
  return chance;
}

Week week(std::span<const Stretch> stretches) {
  Week week{};
  std::array<std::int64_t, std::tuple_size_v<Week>> last_weeks{};
  for (const Stretch& stretch : stretches)
    if (stretch.observed()) add_hours(week, stretch, last_weeks);
  return week;
}

}  // namespace core
