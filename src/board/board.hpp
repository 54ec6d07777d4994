#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.hpp"
#include "base/event.hpp"
#include "base/runtime.hpp"
#include "board/core_board.hpp"
#include "board/state.hpp"
#include "board/tally.hpp"

namespace board {

/// Holds the current snapshot, the recent changes and the subscribers. One writer, on the background thread, fills it.
/// Every core reads its own CoreBoard. Rows age by themselves, by the source's clock.
///
/// Unless said otherwise, every call is made on the background thread.
class Board {
 public:
  /// `runtime` and `clock` outlive it.
  Board(base::Runtime& runtime, const base::Clock& clock = base::system_clock());
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  /// Replaces everything.
  void fill(core::Contents contents);
  /// Folds `change` in; `revision` is the state's after it. Sets the clock too, also when the change is empty.
  void apply(core::Change change, core::Revision revision, base::Time now);
  /// The source's clock reads `now`. When it stepped back, subscribers get a whole snapshot: rows may be fresh again,
  /// or from the future.
  void set_clock(base::Time now);
  /// An outage of the source begins, or ends.
  void set_outage(std::optional<Outage> outage);
  /// The sets of the source, in the order of their names. Filling the board keeps them.
  void set_sets(core::Sets sets);
  /// The number of messages that could not be delivered. Filling the board keeps it.
  void set_dead_letters(std::size_t number);

  /// Ages the rows: returns when stop() was called.
  boost::asio::awaitable<void> run();
  void stop();

  /// Was it filled once? Thread-safe.
  bool filled() const { return filled_; }
  /// Returns when it was filled, stop() was called, or after `longest`. One caller at a time.
  boost::asio::awaitable<void> wait_until_filled(base::Duration longest);

  /// Ends all subscriptions, on every core: the server drains.
  void close();

  const StatePtr& state() const { return state_; }
  /// The same, from any thread.
  StatePtr latest() const;
  base::Time now() const { return state_->now(clock_.steady_now()); }

  /// From any thread; what it returns belongs to that core.
  CoreBoard& of_core(std::size_t core) { return *cores_[core]; }

 private:
  bool steps_back_to(base::Time now) const;
  void publish(std::shared_ptr<State> state, std::shared_ptr<Update> update);
  void count(State& state, const Update& update);
  void age();
  void plan_ageing();

  base::Runtime& runtime_;
  const base::Clock& clock_;
  std::vector<std::shared_ptr<CoreBoard>> cores_;
  /// Written by the background thread only, which alone reads it without latest_mutex_.
  StatePtr state_ = std::make_shared<const State>();
  mutable std::mutex latest_mutex_;
  /// When the first row of each chunk of the current snapshot turns, in the snapshot's order.
  struct ChunkTurn {
    const core::Snapshot::Chunk* chunk;
    std::optional<base::Time> at;
  };
  std::vector<ChunkTurn> turns_;
  Tally tally_;
  /// Subscribers know the rows that turned up to here.
  base::Time aged_until_;
  /// When the first row of all turns.
  std::optional<base::Time> first_turn_;
  boost::asio::steady_timer ageing_;
  base::SteadyTime last_ageing_;
  /// The board was filled, or stop() was called.
  base::Event filled_or_stopped_;
  std::atomic<bool> filled_ = false;
  bool stopped_ = false;
};

}  // namespace board
