#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "base/event.hpp"
#include "refresh/meters.hpp"
#include "refresh/shared.hpp"

namespace refresh {

/// The tasks that this replica holds for one probe, from the claim until their results are written. Renews their
/// leases, and stops the run of a task when its lease is lost or may be over, so that two replicas never run it at the
/// same time. Used on the background thread.
class Leases {
 public:
  /// `shared` and `meters` outlive it. The claims were counted against `limits`.
  Leases(std::string probe, Shared& shared, Meters& meters, std::span<const store::Limit> limits);

  std::size_t size() const { return held_.size(); }
  bool empty() const { return held_.empty(); }

  /// `sent`: when the claim was sent. The lease counts from there.
  void add(const store::Claim& claim, base::SteadyTime sent);
  /// The run of a task begins, and spends its call. The token is stopped when the lease is gone.
  std::stop_token begin(const store::Claim& claim);
  /// The run has ended. False when its lease was gone before: the task is forgotten, since its result would be refused.
  bool end(const store::Claim& claim);
  /// These outcomes are written or refused.
  void forget(std::span<const store::Outcome> outcomes);

  /// Both return after stop(). It stops all runs.
  boost::asio::awaitable<void> renew_loop();
  boost::asio::awaitable<void> watch_loop();
  void stop();
  /// Gives back tasks that were cut off, so that another replica starts them now and not when the leases end; and the
  /// calls of tasks that never began.
  boost::asio::awaitable<void> release();

 private:
  /// A task that is freed under way (its profile was renamed) may be claimed again before its first run ends.
  using Key = std::pair<store::TaskId, std::int64_t>;
  struct Held {
    store::Claim claim;
    /// The end of the lease on this machine's steady clock, less a margin.
    base::SteadyTime until;
    std::stop_source run{};
    /// The result waits to be written; the write says whether it comes too late.
    bool measured = false;
    bool lost = false;
  };

  static Key key_of(const store::Claim& claim) { return {claim.task, claim.token}; }
  base::SteadyTime end_of(base::SteadyTime sent) const;
  boost::asio::awaitable<void> renew();
  void renewed(const std::vector<store::Claim>& claims, std::span<const store::TaskId> lost, base::SteadyTime sent);
  void lose(Held& held);
  void tell(std::size_t lost, std::string_view why);

  const std::string probe_;
  const std::string cannot_;
  Shared& shared_;
  Meters& meters_;
  std::span<const store::Limit> limits_;
  std::map<Key, Held> held_;
  base::Event stopped_;
};

}  // namespace refresh
