#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "base/backoff.hpp"
#include "base/fault.hpp"
#include "base/metrics.hpp"
#include "base/offload.hpp"
#include "board/board.hpp"
#include "store/changes.hpp"

namespace hardware {

/// Keeps the board as the store is: loads it once, then asks for changes every period, or sooner when told. While the
/// database is away the board goes on being served, and its rows grow old. Used on the background thread.
class Follower {
 public:
  /// Called with the rows that are new or changed; `all` with every row, after a load and after show_all().
  using Observer = std::function<void(std::span<const core::RowPtr> rows, bool all)>;

  /// Completes rows before they come on the board.
  using Completer = std::function<void(std::vector<core::RowPtr>& rows)>;

  /// `fault` is told when the database cannot be read; it outlives this, like the other references.
  Follower(
      store::Changes& store, base::OffloadPool& database, board::Board& board, boost::asio::any_io_executor executor,
      base::Duration period, Observer observer, base::Fault& fault, base::Metrics& metrics,
      Completer complete = [](std::vector<core::RowPtr>&) {});

  /// Returns when stop() was called.
  boost::asio::awaitable<void> run();
  void stop();
  /// There is something new: look now.
  void poke();
  /// Look now, and show the observer every row.
  void show_all();

  /// "" or what keeps it from following. Thread-safe.
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
  base::OffloadPool& database_;
  board::Board& board_;
  base::Duration period_;
  Observer observer_;
  Completer complete_;
  base::Fault& fault_;
  base::Backoff backoff_;
  boost::asio::steady_timer timer_;
  prometheus::Gauge& profiles_;
  prometheus::Gauge& revision_;
  prometheus::Counter& clock_steps_;
  std::optional<base::SteadyTime> told_steps_;
  core::Revision seen_ = 0;
  bool loaded_ = false;
  bool poked_ = false;
  bool show_all_ = false;
  bool stopped_ = false;
  std::optional<base::SteadyTime> away_since_;
  mutable std::mutex mutex_;
  std::string problem_ = "the profiles are not loaded yet";
};

}  // namespace hardware
