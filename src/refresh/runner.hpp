#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/event.hpp"
#include "base/task_group.hpp"
#include "refresh/backlog.hpp"
#include "refresh/leases.hpp"
#include "refresh/look.hpp"
#include "refresh/pace.hpp"
#include "refresh/slots.hpp"
#include "refresh/test_run.hpp"
#include "refresh/writer.hpp"

namespace refresh {

/// The state of a probe in this replica.
struct ProbeStatus {
  config::ProbeConfig config;
  /// How many more runs each of config.limits() allows, over all replicas, as of the latest answer of the database.
  std::vector<std::uint64_t> left;
  std::size_t running = 0;
  /// How many of its profiles are watched, and how often it measures them.
  std::size_t watched = 0;
  base::Duration watched_period{0};
  /// Since when it is slowed down because its source fails, on this machine's clock.
  std::optional<base::Time> slow_since;
  /// Why it discovers no profile that could show a failure.
  std::optional<core::Failure> failure;
};

/// Runs the tasks of one probe: claims what is due, measures, writes. Probes share no state but the database's
/// threads, so one that hangs delays no other. Used on the background thread.
class Runner {
 public:
  Runner(const config::ProbeConfig& config, std::unique_ptr<probe::Probe> probe, const Shared& shared);
  ~Runner();

  const config::ProbeConfig& config() const { return config_; }

  /// Returns when stop() was called, the measurements have ended and the leases are given back.
  boost::asio::awaitable<void> run();
  void stop();
  /// Tasks may be due: look now.
  void wake() {
    hurried_.set();
    woken_.set();
  }
  /// Takes what waits for the probe.
  void looked(const Look& look);
  /// Runs watched tasks, and those that changed, at this pace from now on. REQUIRES: the probe has more than one
  /// period.
  void set_pace(Pace pace, std::size_t watched);
  /// Brings forward these profiles, which are watched.
  boost::asio::awaitable<void> hasten(std::vector<core::ProfileId> profiles);
  bool stopping() const { return stopped_.is_set(); }
  /// Returns after `delay`, or after stop().
  boost::asio::awaitable<void> pause(base::Duration delay);

  ProbeStatus status() const;
  /// Asks the database what is left of the limits, for status(). That stays as it was while the database is away.
  boost::asio::awaitable<void> look_at_budget();
  /// As run_test(). Also unavailable after stop().
  boost::asio::awaitable<base::Result<TestRun>> test(core::Profile profile);

 private:
  boost::asio::awaitable<void> claim_loop();
  boost::asio::awaitable<std::optional<base::SteadyTime>> claim_some(std::size_t limit, const std::string& cannot);
  /// When another replica's task can be claimed, as far as is known.
  base::SteadyTime next_lease_end() const;
  Slots::Room room() const;
  /// Gives free slots to queued tasks.
  void begin_queued();
  boost::asio::awaitable<void> work();
  boost::asio::awaitable<void> measure(store::Claim claim);
  void write(store::Claim claim, probe::Answer answer, base::Duration took);
  boost::asio::awaitable<void> fail_all(std::string error);
  boost::asio::awaitable<void> write_loop();
  /// These tasks are no longer ours.
  void forget(const std::vector<store::Outcome>& outcomes);

  const config::ProbeConfig config_;
  Shared shared_;
  Backlog backlog_;
  Slots slots_;
  Meters meters_;
  Source source_;
  ProbeBudget budget_;
  Pace pace_;
  std::size_t watched_ = 0;
  /// Claimed tasks that wait for a slot.
  std::deque<store::Claim> queued_;
  base::TaskGroup measurements_;
  base::TaskGroup loops_;
  /// When the claim loop looks by itself.
  base::SteadyTime next_look_;
  /// At the latest look there was no room for more tasks.
  bool full_ = false;
  base::Event woken_;
  /// It looks at once.
  base::Event hurried_;
  base::Event stopped_;
  /// Ends runs for a person to look at; those of tasks end with their leases.
  std::stop_source tests_;
  Leases leases_;
  Writer writer_;
};

}  // namespace refresh
