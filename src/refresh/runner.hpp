#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/task_group.hpp"
#include "config/config.hpp"
#include "probe/probe.hpp"
#include "refresh/backlog.hpp"
#include "refresh/breaker.hpp"
#include "refresh/leases.hpp"
#include "refresh/writer.hpp"

namespace refresh {

/// How a probe is doing, in this replica.
struct ProbeStatus {
  config::ProbeConfig config;
  /// How many more runs each of config.limits() allows, over all replicas, when it was last looked at.
  std::vector<std::uint64_t> left;
  std::size_t running = 0;
  /// Since when it is slowed down, on this machine's clock, because its source fails.
  std::optional<base::Time> slow_since;
};

/// One run for a person to look at, which changes nothing.
struct TestRun {
  probe::Result result;
  probe::Trace trace;
  base::Duration took{0};
};

/// Runs the tasks of one probe: claims what is due, measures, writes. Probes share no state but the database's
/// threads, so one that hangs delays no other. Used on the background thread.
class Runner {
 public:
  Runner(const config::ProbeConfig& config, std::unique_ptr<probe::Probe> probe, Shared& shared);
  ~Runner();

  const config::ProbeConfig& config() const { return config_; }

  /// Returns when stop() was called, the measurements have ended and the leases are given back.
  boost::asio::awaitable<void> run();
  void stop();
  /// Tasks may be due: look now.
  void wake();
  bool stopping() const { return stop_.stop_requested(); }
  /// Returns after `delay`, or after stop().
  boost::asio::awaitable<void> pause(base::Duration delay);

  ProbeStatus status() const;
  /// Asks the database what is left of the limits, for status(). Without the database, that stays as it was.
  boost::asio::awaitable<void> look_at_budget();
  /// Measures `profile` now, outside of the plan; its call counts against the budget like every other. An error, when
  /// the budget is used up, or stop() was called.
  boost::asio::awaitable<base::Result<TestRun>> test(core::Profile profile);

 private:
  enum class Wakes : bool { no, yes };

  boost::asio::awaitable<void> claim_loop();
  boost::asio::awaitable<void> wait_until(base::SteadyTime when, Wakes wakes);
  boost::asio::awaitable<std::optional<base::SteadyTime>> claim_some(std::size_t limit, const std::string& cannot);
  boost::asio::awaitable<void> measure(store::Claim claim);
  /// Gives free slots to queued tasks.
  void begin_queued();
  boost::asio::awaitable<void> work();
  /// How many tasks to claim before they have a slot: as many as will get one shortly.
  std::size_t ahead() const;
  /// What the probe gives, or an error for each profile when it is broken. `trace` may be null.
  boost::asio::awaitable<probe::Answer> answer(std::span<const core::Profile> profiles, std::stop_token stop,
                                               probe::Trace* trace);
  /// How many tasks may begin now, and when that may change without a call of wake().
  std::size_t free_slots(base::SteadyTime& next_look) const;
  /// Counts how a run went; returns its error, with a note while the probe is slowed down.
  void judge(probe::Answer& answer);
  boost::asio::awaitable<void> fail_all(std::string error);
  boost::asio::awaitable<void> refund(base::Time counted);
  void show_left(const std::vector<std::uint64_t>& left);
  boost::asio::awaitable<void> write_loop();
  /// These tasks are no longer ours.
  void forget(const std::vector<store::Outcome>& outcomes);
  boost::asio::awaitable<void> look_loop();

  config::ProbeConfig config_;
  std::unique_ptr<probe::Probe> probe_;
  Shared& shared_;
  std::size_t concurrency_;
  std::vector<store::Limit> limits_;
  Breaker breaker_;
  base::Time slow_since_;
  std::vector<std::uint64_t> left_;

  /// Claimed tasks that wait for a slot, and how many measurements have one.
  std::deque<store::Claim> queued_;
  std::size_t measuring_ = 0;
  /// How long measurements take, on average, of late.
  base::Duration typical_{0};
  base::TaskGroup measurements_;
  base::TaskGroup loops_;
  boost::asio::steady_timer claim_timer_;
  boost::asio::steady_timer look_timer_;
  bool woken_ = false;
  /// Ends runs for a person to look at; those of tasks end with their leases.
  std::stop_source stop_;

  Backlog backlog_;
  Meters meters_;
  Leases leases_;
  Writer writer_;
};

}  // namespace refresh
