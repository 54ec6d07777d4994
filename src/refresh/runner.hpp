#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "base/offload.hpp"
#include "base/task_group.hpp"
#include "config/config.hpp"
#include "probe/probe.hpp"
#include "store/store.hpp"

namespace refresh {

/// What the runners of a process share. All of it outlives them.
struct Shared {
  boost::asio::any_io_executor executor;
  store::Store& store;
  /// The store's threads: as many as it has connections.
  base::OffloadPool& database;
  base::Metrics& metrics;
  /// Names this replica in leases.
  std::string owner;
  base::Duration lease;
  /// Called after readings were written, so that the board need not wait for its next poll.
  std::function<void()> written;
};

/// Runs the tasks of one probe: claims what is due, measures, writes. Probes share no state but the database's
/// threads, so one that hangs delays no other. Used on the background thread.
class Runner {
 public:
  Runner(const config::ProbeConfig& config, std::unique_ptr<probe::Probe> probe, Shared& shared);
  ~Runner();

  const std::string& name() const { return config_.name; }

  /// Returns when stop() was called, the measurements have ended and the leases are given back.
  boost::asio::awaitable<void> run();
  void stop();
  /// Tasks may be due: look now.
  void wake();

 private:
  struct Ended {
    store::Outcome outcome;
    base::SteadyTime ended_at;
  };

  enum class Wakes : bool { no, yes };

  boost::asio::awaitable<void> claim_loop();
  boost::asio::awaitable<void> wait_until(base::SteadyTime when, Wakes wakes);
  boost::asio::awaitable<base::SteadyTime> claim_some(std::size_t limit);
  boost::asio::awaitable<void> measure(store::Claim claim);
  boost::asio::awaitable<void> write_loop();
  boost::asio::awaitable<void> write(std::vector<Ended>& batch);
  boost::asio::awaitable<void> renew_loop();
  boost::asio::awaitable<void> release();

  config::ProbeConfig config_;
  std::unique_ptr<probe::Probe> probe_;
  Shared& shared_;
  std::size_t concurrency_;

  /// Until their results are written. By task and token: a task that is freed under way (its profile was renamed) may
  /// be claimed again before its first measurement ends.
  std::map<std::pair<store::TaskId, std::int64_t>, store::Claim> running_;
  std::vector<Ended> ended_;
  base::TaskGroup measurements_;
  base::TaskGroup loops_;
  boost::asio::steady_timer claim_timer_;
  boost::asio::steady_timer write_timer_;
  boost::asio::steady_timer renew_timer_;
  boost::asio::steady_timer retry_timer_;
  bool woken_ = false;
  bool stopping_ = false;
  bool measurements_ended_ = false;

  struct Meters;
  std::unique_ptr<Meters> meters_;
};

}  // namespace refresh
