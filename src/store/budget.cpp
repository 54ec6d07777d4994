#include "store/budget.hpp"

#include <algorithm>

namespace store {
namespace {

constexpr std::int64_t kSlots = 60;

base::Duration width_of(const Limit& limit) {
  return std::max(limit.window / kSlots, base::Duration{1});
}

std::int64_t slot_of(base::Time time, const Limit& limit) {
  return time.time_since_epoch() / width_of(limit);
}

}  // namespace

Budget::Budget(sql::Session& session, const std::string& probe, std::span<const Limit> limits, base::Time now)
    : session_(session), probe_(probe), limits_(limits), now_(now), next_allowed_(now) {
  if (limits.empty()) return;
  session.query(fmt::format("SELECT id FROM probe WHERE name = ?{}", session.dialect().for_update), probe).step();
  // Waiting for the lock took time: runs must be counted where they happen.
  now_ = next_allowed_ = session.now();
  for (const Limit& limit : limits) {
    // The slot of a window ago still holds a part of the window.
    auto query = session.query(
        "SELECT COALESCE(SUM(calls), 0), COALESCE(MIN(slot), 0) FROM spent"
        " WHERE probe = ? AND budget_window = ? AND slot >= ?",
        probe, limit.window, slot_of(now_, limit) - kSlots);
    query.step();
    const auto used = query.get<std::uint64_t>(0);
    left_.push_back(limit.calls - std::min(limit.calls, used));
    if (left_.back() > 0) continue;
    const base::Time frees{width_of(limit) * (query.get<std::int64_t>(1) + kSlots + 1)};
    next_allowed_ = std::max(next_allowed_, frees);
  }
}

std::size_t Budget::allowed(std::size_t wanted) const {
  for (const std::uint64_t left : left_) wanted = std::min<std::size_t>(wanted, left);
  return wanted;
}

void Budget::spend(std::size_t count) {
  if (count == 0) return;
  for (std::size_t i = 0; i < limits_.size(); ++i) {
    const Limit& limit = limits_[i];
    const std::int64_t slot = slot_of(now_, limit);
    left_[i] -= count;
    if (session_.run("UPDATE spent SET calls = calls + ? WHERE probe = ? AND budget_window = ? AND slot = ?", count,
                     probe_, limit.window, slot) > 0)
      continue;
    session_.run("DELETE FROM spent WHERE probe = ? AND budget_window = ? AND slot < ?", probe_, limit.window,
                 slot - kSlots);
    session_.run("INSERT INTO spent (probe, budget_window, slot, calls) VALUES (?, ?, ?, ?)", probe_, limit.window,
                 slot, count);
  }
}

}  // namespace store
