#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "base/backoff.hpp"
#include "base/event.hpp"
#include "base/fault.hpp"
#include "base/metrics.hpp"
#include "board/board.hpp"
#include "store/caller.hpp"
#include "store/changes.hpp"

namespace hardware {

/// Keeps the board up to date with the store: loads all rows once, then asks for changes every period, or after poke().
/// While the database is away the board goes on being served, and its rows age. Used on the background thread.
class Follower {
 public:
  /// Called with the rows that are new or changed; `all` with every row, after a load and after show_all().
  using Observer = std::function<void(std::span<const core::RowPtr> rows, bool all)>;

  /// Completes rows before they go to the board.
  using Completer = std::function<void(std::vector<core::RowPtr>& rows)>;

  /// Reports to `fault` when the database cannot be read. The references outlive it.
  Follower(
      store::Changes& store, store::Caller& database, board::Board& board, boost::asio::any_io_executor executor,
      base::Duration period, Observer observer, base::Fault& fault, base::Metrics& metrics,
      Completer complete = [](std::vector<core::RowPtr>&) {});

  /// Returns when stop() was called.
  boost::asio::awaitable<void> run();
  void stop();
  /// Something changed: look now.
  void poke();
  /// Look now, and show the observer every row.
  void show_all();

  /// "", or why it cannot follow. Thread-safe.
  std::string problem() const;

 private:
  boost::asio::awaitable<void> load();
  boost::asio::awaitable<void> poll();
  void apply(store::Polled polled);
  boost::asio::awaitable<void> look();
  void tell(const store::ClockWatch::Steps& steps);
  void set_problem(std::string problem);
  void tell_outage(bool away);

  store::Changes& store_;
  store::Caller& database_;
  board::Board& board_;
  base::Duration period_;
  Observer observer_;
  Completer complete_;
  base::Fault& fault_;
  base::Backoff backoff_;
  base::Event poked_;
  prometheus::Gauge& profiles_;
  prometheus::Gauge& revision_;
  prometheus::Counter& clock_steps_;
  std::optional<base::SteadyTime> told_steps_;
  core::Revision seen_ = 0;
  bool loaded_ = false;
  bool show_all_ = false;
  bool stopped_ = false;
  std::optional<base::SteadyTime> away_since_;
  mutable std::mutex mutex_;
  std::string problem_ = "the profiles are not loaded yet";
};

}  // namespace hardware
