#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "refresh/meters.hpp"
#include "refresh/shared.hpp"

namespace refresh {

/// The tasks that a replica has claimed for one probe, until their results are written: renews their leases, and stops
/// the run of a task whose lease is lost or may be over, so that no other replica runs it at the same time. Used on
/// the background thread.
class Leases {
 public:
  /// `shared` and `meters` outlive it. `limits` are those that the claims were counted against.
  Leases(std::string probe, Shared& shared, Meters& meters, std::span<const store::Limit> limits);

  std::size_t size() const { return held_.size(); }
  bool empty() const { return held_.empty(); }

  /// `sent`: before the claim was sent, from when on its lease counts.
  void add(const store::Claim& claim, base::SteadyTime sent);
  /// The run of a task begins: its call is spent. Stopped when its lease is gone.
  std::stop_token begin(const store::Claim& claim);
  /// The run has ended. False when its lease was gone before: its result would be refused, and the task is forgotten.
  bool end(const store::Claim& claim);
  /// These are written, or were refused.
  void forget(std::span<const store::Outcome> outcomes);

  /// Both return after stop(), which stops all runs.
  boost::asio::awaitable<void> renew_loop();
  boost::asio::awaitable<void> watch_loop();
  void stop();
  /// Gives back what was cut off, so that another replica starts it now and not when the lease ends, and the calls of
  /// what never began.
  boost::asio::awaitable<void> release();

 private:
  /// A task that is freed under way (its profile was renamed) may be claimed again before its first run ends.
  using Key = std::pair<store::TaskId, std::int64_t>;
  struct Held {
    store::Claim claim;
    /// On this machine's steady clock, some time before the database's lease ends.
    base::SteadyTime until;
    std::stop_source run{};
    /// Its result waits to be written: the writer is told whether it comes too late.
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
  boost::asio::steady_timer renew_timer_;
  boost::asio::steady_timer watch_timer_;
  bool stopping_ = false;
};

}  // namespace refresh
