#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "sql/session.hpp"
#include "store/budgets.hpp"

/// Runs of a probe, counted over all replicas in table `budget_use`. A run is counted once, in a span of time that
/// belongs to no window: limits that are configured later count it too. No window of a limit's length ever holds more
/// runs than it allows: a span counts until all of it has left the window. Spans are joined as they grow older, none
/// longer than a 64th of its age, so that they are few and every window is counted to a 64th.
namespace store {

/// What the limits of one probe allow at a time. Made and used in one transaction that writes: it locks the probe's row
/// when there is a limit, so that replicas count one after the other. Spans from the future, which a clock that was
/// ahead has left, are counted as runs of now.
class Budget {
 public:
  /// `probe` and `limits` outlive it. `now` is the time when there is no limit; with one it is read behind the lock.
  Budget(sql::Session& session, const std::string& probe, std::span<const Limit> limits, base::Time now);

  base::Time now() const { return now_; }
  /// How many more runs each limit allows.
  const std::vector<std::uint64_t>& left() const { return left_; }
  /// How many of `wanted` runs all limits allow.
  std::size_t allowed(std::size_t wanted) const;
  /// How many runs they allow besides `promised` ones per second, all the time. Limits that refill within `patience`
  /// need no room for promises: those run first, and are late by no more than that.
  std::size_t allowed_besides(double promised, base::Duration patience) const;
  /// When all limits allow a run again; at most now() when they do.
  base::Time next_allowed() const { return next_allowed_; }

  /// REQUIRES: count <= allowed(count).
  void spend(std::size_t count);
  /// Takes back the runs that were counted at these times and did not happen.
  void refund(std::span<const base::Time> runs);

 private:
  struct Span {
    base::Time ends;
    std::uint64_t calls = 0;
  };
  using Spans = std::map<base::Time, Span>;

  void read_spans(base::Time since);
  void count();
  void look(const Limit& limit);
  void pull_back_future();
  void join_old();
  void add(base::Time begins, Span span);
  void erase(std::span<const base::Time> begins);

  sql::Session& session_;
  const std::string& probe_;
  std::span<const Limit> limits_;
  base::Time now_;
  /// By their beginnings.
  Spans spans_;
  std::vector<std::uint64_t> left_;
  base::Time next_allowed_;
};

}  // namespace store
