#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

#include "base/event.hpp"

namespace base {

/// The coroutines that one owner started on one executor. Like co_spawn with `detached`, but each has a name, an
/// exception is logged, and the owner can wait until all are gone. Not thread-safe: every call is made on the executor.
class TaskGroup {
 public:
  explicit TaskGroup(boost::asio::any_io_executor executor);
  /// REQUIRES: empty.
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts `task`. Its parameters must be values, or outlive the group. `name` is for the log.
  void spawn(std::string name, boost::asio::awaitable<void> task);

  std::size_t size() const { return size_; }

  /// Returns when no task is left. Ask them to end first.
  boost::asio::awaitable<void> wait();

 private:
  boost::asio::any_io_executor executor_;
  std::size_t size_ = 0;
  Event empty_;
};

/// Starts `task` on `executor` without an owner, and logs an exception with `name`. For work with another way to wait
/// for its end.
void spawn_logged(const boost::asio::any_io_executor& executor, std::string name, boost::asio::awaitable<void> task);

/// Completes after `delay`, or at once with false when the timer is cancelled.
boost::asio::awaitable<bool> sleep(boost::asio::steady_timer& timer, std::chrono::steady_clock::duration delay);

}  // namespace base
