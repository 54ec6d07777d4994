#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <list>
#include <optional>
#include <vector>

#include "board/state.hpp"

namespace board {

/// The board on one core. Everything here is called on that core only, so nothing is locked: a request reads a
/// plain pointer.
class CoreBoard {
 public:
  explicit CoreBoard(boost::asio::any_io_executor executor);
  CoreBoard(const CoreBoard&) = delete;
  CoreBoard& operator=(const CoreBoard&) = delete;

  StatePtr current() const { return current_; }

  /// Of current(). Nothing when some of them are no longer kept: the caller was slow and must start again from
  /// current().
  std::optional<std::vector<UpdatePtr>> updates_after(std::uint64_t sequence) const;

  /// The board ends its subscriptions: a stream should end, a waiting request be answered.
  bool closed() const { return closed_; }

  /// Wakes its owner when the board changes. Lives in the coroutine that waits; ends before the board.
  class Subscription {
   public:
    explicit Subscription(CoreBoard& board);
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    /// Returns when the board moved on from `sequence`, was closed, wake() was called, or at `deadline`: check
    /// which. Returns at once when one of these holds already.
    boost::asio::awaitable<void> wait(std::uint64_t sequence, base::SteadyTime deadline);
    void wake();

   private:
    friend class CoreBoard;

    CoreBoard& board_;
    boost::asio::steady_timer timer_;
    std::list<Subscription*>::iterator place_;
    bool woken_ = false;
  };

  /// `on_change` is called after each update, and when the board closes.
  void listen(std::function<void()> on_change) { listeners_.push_back(std::move(on_change)); }
  const boost::asio::any_io_executor& executor() const { return executor_; }

  std::size_t subscribers() const { return subscribers_.size(); }

  /// The board delivers. `update` is null when only the clock was set.
  void deliver(StatePtr state, const UpdatePtr& update);
  void close();

 private:
  void wake_all();

  boost::asio::any_io_executor executor_;
  StatePtr current_ = std::make_shared<const State>();
  std::list<Subscription*> subscribers_;
  std::vector<std::function<void()>> listeners_;
  bool closed_ = false;
};

}  // namespace board
