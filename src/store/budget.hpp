#pragma once

#include <span>
#include <string>
#include <vector>

#include "sql/session.hpp"
#include "store/store.hpp"

/// Runs of a probe, counted over all replicas in table `spent`. No window of a limit's length ever holds more runs than
/// it allows: a slot counts until all of it has left the window.
namespace store {

/// What the limits of one probe allow at a time. Made and used in one transaction that writes: it locks the probe's row
/// when there is a limit, so that replicas count one after the other.
class Budget {
 public:
  /// `probe` and `limits` outlive it. `now` is the time when there is no limit; with one it is read behind the lock.
  Budget(sql::Session& session, const std::string& probe, std::span<const Limit> limits, base::Time now);

  base::Time now() const { return now_; }
  /// How many more runs each limit allows.
  const std::vector<std::uint64_t>& left() const { return left_; }
  /// How many runs all of them allow, and not more than `wanted`.
  std::size_t allowed(std::size_t wanted) const;
  /// When a limit that allows none allows one again; not later than now() when all do.
  base::Time next_allowed() const { return next_allowed_; }

  /// REQUIRES: count <= allowed(count).
  void spend(std::size_t count);

 private:
  sql::Session& session_;
  const std::string& probe_;
  std::span<const Limit> limits_;
  base::Time now_;
  std::vector<std::uint64_t> left_;
  base::Time next_allowed_;
};

}  // namespace store
