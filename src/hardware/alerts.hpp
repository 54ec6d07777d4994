#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>

#include "alert/engine.hpp"
#include "alert/lease.hpp"
#include "alert/sender.hpp"
#include "base/backoff.hpp"
#include "base/event.hpp"
#include "base/fault.hpp"
#include "base/metrics.hpp"
#include "base/task_group.hpp"
#include "board/board.hpp"
#include "store/caller.hpp"
#include "store/store.hpp"

namespace hardware {

/// Evaluates alerts on the board's changes and sends them, while this replica has the lease for it. Without receivers
/// and rules it does nothing. Used on the background thread.
class Alerts {
 public:
  /// The references outlive it. `owner` names this replica in the lease, which lasts for `lease`. Throws
  /// base::UsageError when the configuration's time zone is not to be had.
  Alerts(const config::Config& config, store::Store& store, store::Caller& caller, board::Board& board,
         boost::asio::any_io_executor executor, base::Metrics& metrics, std::string owner);

  /// Works until stop() was called.
  boost::asio::awaitable<void> run();
  void stop();
  /// The board changed: look at it now.
  void poke() { woken_.set(); }
  /// Uses this from now on.
  void configure(config::Config config, alert::Plan plan);

  const alert::Plan& plan() const { return plan_; }
  /// Without profiles.
  const config::Config& config() const { return config_; }
  /// As alert::Sender::test().
  boost::asio::awaitable<base::Result<void>> test(std::string receiver);
  /// There are messages that wait again.
  void send() { sender_.wake(); }

 private:
  struct Meters {
    prometheus::Gauge& pending;
    prometheus::Gauge& firing;
  };

  bool is_idle() const { return plan_.rules.empty() && config_.alerts.receivers.empty(); }
  void rest();
  boost::asio::awaitable<void> look(const alert::Turn& turn);
  bool has_news(const alert::Turn& turn, const board::State& state) const;
  alert::Look look_at(const board::State& state) const;
  void took(const alert::Turn& turn, const alert::Engine::Done& done);
  void show(const std::vector<alert::Engine::Count>& counts);
  boost::asio::awaitable<void> count_dead();

  store::Store& store_;
  store::Caller& caller_;
  board::Board& board_;
  /// Of its own: a database that refuses alerts alone makes no replica unready.
  base::Fault fault_{"the database of alerts"};
  base::Metrics& metrics_;
  config::Config config_;
  alert::Plan plan_;
  alert::Engine engine_;
  base::Event woken_;
  alert::Lease lease_;
  alert::Sender sender_;
  base::TaskGroup group_;
  base::TaskGroup sending_;
  bool started_ = false;
  base::Event stopped_;
  base::Backoff backoff_;
  /// No look before that: the last one failed.
  base::SteadyTime paused_until_;
  /// The lease and the state of the board that were evaluated last. Nothing: look at all of it.
  std::optional<store::AlertTurn> turn_;
  std::uint64_t sequence_ = 0;
  /// When a look has something to do without news.
  std::optional<base::Time> due_;
  std::map<std::string, Meters> meters_;
  prometheus::Gauge& evaluated_;
};

}  // namespace hardware
