#include "base/recent.hpp"

#include <algorithm>

namespace base {
namespace {

using std::chrono::seconds;

std::int64_t second_of(SteadyTime time) {
  return std::chrono::floor<seconds>(time.time_since_epoch()).count();
}

SteadyTime begin_of(std::int64_t second) {
  return SteadyTime(seconds(second));
}

/// Is this second over, and no more than kRecent ago?
bool is_recent(std::int64_t second, std::int64_t now) {
  return second < now && second >= now - kRecent.count();
}

}  // namespace

void RecentCount::add(SteadyTime now) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  const std::int64_t number = second_of(now);
  Second& second = seconds_[static_cast<std::size_t>(number) % seconds_.size()];
  // A reader between these two sees a count that is too small, once.
  if (second.number.load(kRelaxed) != number) {
    second.events.store(0, kRelaxed);
    second.number.store(number, kRelaxed);
  }
  second.events.store(second.events.load(kRelaxed) + 1, kRelaxed);
  total_.store(total_.load(kRelaxed) + 1, kRelaxed);
}

std::uint64_t RecentCount::recent(SteadyTime now) const {
  std::uint64_t sum = 0;
  for (const Second& second : seconds_)
    if (is_recent(second.number.load(std::memory_order_relaxed), second_of(now)))
      sum += second.events.load(std::memory_order_relaxed);
  return sum;
}

void RecentMean::set(double value, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  account(now);
  value_ = value;
}

double RecentMean::mean(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  account(now);
  const SteadyTime end = begin_of(second_of(now));
  const SteadyTime begin = std::max(began_, end - kRecent);
  if (begin >= end) return value_;
  double sum = 0;
  for (const Second& second : seconds_)
    if (is_recent(second.number, second_of(now))) sum += second.sum;
  return sum / std::chrono::duration<double>(end - begin).count();
}

void RecentMean::account(SteadyTime now) {
  // Older seconds are of no interest, however long nothing changed.
  since_ = std::max(since_, begin_of(second_of(now)) - kRecent);
  while (since_ < now) {
    const std::int64_t number = second_of(since_);
    const SteadyTime end = std::min(now, begin_of(number + 1));
    Second& second = seconds_[static_cast<std::size_t>(number) % seconds_.size()];
    if (second.number != number) second = {number, 0};
    second.sum += value_ * std::chrono::duration<double>(end - since_).count();
    since_ = end;
  }
}

}  // namespace base
