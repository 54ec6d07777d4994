#include "store/budget.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "store/sql_store.hpp"

namespace store {
namespace {

/// A span may be as long as this part of its age.
constexpr std::int64_t kShare = 64;
/// The longest window that can be configured, with the overlap of its spans.
constexpr base::Duration kRemembered = std::chrono::days{366 + 6};
/// New spans are short enough for windows of a minute, which may be configured later.
constexpr base::Duration kLongestNew{1 << 20};
/// Joining spans costs statements, so it is done after one in so many runs.
constexpr base::Duration kJoinedAfter{32};

/// The largest power of two that is not longer: spans of such lengths fit into each other.
base::Duration power_of_two(base::Duration length) {
  return base::Duration{std::bit_floor(static_cast<std::uint64_t>(std::max<std::int64_t>(length.count(), 1)))};
}

base::Time begin_of_span(base::Time time, base::Duration length) {
  return time - (time.time_since_epoch() % length);
}

base::Duration new_length(std::span<const Limit> limits) {
  base::Duration length = kLongestNew;
  for (const Limit& limit : limits) length = std::min(length, power_of_two(limit.window / kShare));
  return length;
}

}  // namespace

Budget::Budget(sql::Session& session, const std::string& probe, std::span<const Limit> limits, base::Time now)
    : session_(session), probe_(probe), limits_(limits), now_(now), next_allowed_(now) {
  if (limits.empty()) return;
  session.query(fmt::format("SELECT id FROM probe WHERE name = ?{}", session.dialect().for_update), probe).step();
  // Waiting for the lock took time: a run must be counted when it happens.
  now_ = session.now();
  const base::Duration longest = std::ranges::max(limits, {}, &Limit::window).window;
  read_spans(now_ - longest - 2 * (longest / kShare) - 2 * kLongestNew);
  pull_back_future();
  count();
}

/// Those that begin at `since` or later.
void Budget::read_spans(base::Time since) {
  auto query =
      session_.query("SELECT begins, ends, calls FROM budget_use WHERE probe = ? AND begins >= ?", probe_, since);
  while (query.step()) spans_[query.get<base::Time>(0)] = {query.get<base::Time>(1), query.get<std::uint64_t>(2)};
}

void Budget::count() {
  left_.clear();
  next_allowed_ = now_;
  for (const Limit& limit : limits_) look(limit);
}

void Budget::look(const Limit& limit) {
  std::uint64_t used = 0;
  auto span = spans_.rbegin();
  // The limit's last run before this span leaves the window with it.
  for (; span != spans_.rend() && span->second.ends > now_ - limit.window; ++span) {
    used += span->second.calls;
    if (used < limit.calls) continue;
    left_.push_back(0);
    next_allowed_ = std::max(next_allowed_, span->second.ends + limit.window);
    return;
  }
  left_.push_back(limit.calls - used);
}

std::size_t Budget::allowed(std::size_t wanted) const {
  for (const std::uint64_t left : left_) wanted = std::min<std::size_t>(wanted, left);
  return wanted;
}

std::size_t Budget::allowed_besides(double promised, base::Duration patience) const {
  const auto seconds = [](base::Duration duration) { return std::chrono::duration<double>(duration).count(); };
  double room = static_cast<double>(std::numeric_limits<std::int32_t>::max());
  for (const Limit& limit : limits_) {
    if (limit.window <= patience) continue;
    const auto calls = static_cast<double>(limit.calls);
    room = std::min(room, calls - promised * seconds(limit.window));
    // Until a span leaves the window, it and all after it count, and so does what is promised until then. That comes
    // unevenly: a part of the window more is kept.
    double used = 0;
    for (auto span = spans_.rbegin(); span != spans_.rend() && span->second.ends > now_ - limit.window; ++span) {
      used += static_cast<double>(span->second.calls);
      const base::Duration left = span->second.ends + limit.window - now_;
      room = std::min(room, calls - used - promised * seconds(std::min(left + limit.window / 4, limit.window)));
    }
  }
  return static_cast<std::size_t>(std::max(room, 0.0));
}

void Budget::spend(std::size_t count) {
  if (count == 0 || limits_.empty()) return;
  const base::Duration length = new_length(limits_);
  const base::Time begins = begin_of_span(now_, length);
  add(begins, {begins + length, count});
  if (random_part(kJoinedAfter).count() == 0) join_old();
  this->count();
}

void Budget::refund(std::span<const base::Time> runs) {
  for (const base::Time run : runs) {
    auto span = spans_.upper_bound(run);
    if (span == spans_.begin() || (--span)->second.ends <= run || span->second.calls == 0) continue;
    --span->second.calls;
    session_.run("UPDATE budget_use SET calls = calls - 1 WHERE probe = ? AND begins = ?", probe_, span->first);
  }
  count();
}

/// Adds to the span that begins then, or makes it.
void Budget::add(base::Time begins, Span span) {
  const auto [known, is_new] = spans_.try_emplace(begins, span);
  if (is_new) {
    session_.run("INSERT INTO budget_use (probe, begins, ends, calls) VALUES (?, ?, ?, ?)", probe_, begins, span.ends,
                 span.calls);
    return;
  }
  known->second.calls += span.calls;
  known->second.ends = std::max(known->second.ends, span.ends);
  session_.run("UPDATE budget_use SET calls = ?, ends = ? WHERE probe = ? AND begins = ?", known->second.calls,
               known->second.ends, probe_, begins);
}

void Budget::erase(std::span<const base::Time> begins) {
  static const std::string kSql = sql::with_list("DELETE FROM budget_use WHERE probe = ? AND begins");
  std::vector<std::int64_t> values;
  for (const base::Time time : begins) {
    spans_.erase(time);
    values.push_back(time.time_since_epoch().count());
  }
  sql::for_each_list<std::int64_t>(values,
                                   [&](std::span<const std::int64_t> part) { session_.run(kSql, probe_, part); });
}

void Budget::pull_back_future() {
  const base::Duration length = new_length(limits_);
  const base::Time begins = begin_of_span(now_, length);
  std::uint64_t calls = 0;
  std::vector<base::Time> future;
  for (auto span = spans_.upper_bound(now_); span != spans_.end(); ++span) {
    future.push_back(span->first);
    calls += span->second.calls;
  }
  if (future.empty()) return;
  erase(future);
  add(begins, {begins + length, calls});
}

/// Joins spans that are old enough for a longer one, and forgets those that no window can hold.
void Budget::join_old() {
  read_spans({});
  std::vector<base::Time> gone;
  Spans joined;
  for (auto span = spans_.begin(); span != spans_.end() && span->second.ends < now_;) {
    const base::Duration age = now_ - span->second.ends;
    const base::Duration length = power_of_two(age / kShare);
    const base::Time begins = begin_of_span(span->first, length);
    // As many as lie in it, unless a part of it is too young.
    auto next = span;
    Span whole{span->second.ends, 0};
    std::vector<base::Time> parts;
    for (; next != spans_.end() && next->second.ends <= begins + length; ++next) {
      parts.push_back(next->first);
      whole = {next->second.ends, whole.calls + next->second.calls};
    }
    if (age > kRemembered) {
      gone.insert(gone.end(), parts.begin(), parts.end());
    } else if (parts.size() > 1 && (now_ - whole.ends) / kShare >= whole.ends - span->first) {
      gone.insert(gone.end(), parts.begin(), parts.end());
      joined[span->first] = whole;
    }
    span = next == span ? std::next(span) : next;
  }
  erase(gone);
  for (const auto& [begins, span] : joined) add(begins, span);
}

}  // namespace store
