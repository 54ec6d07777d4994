#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "base/clock.hpp"

namespace base {

/// A flag that coroutines of one executor wait for, and which outlives their waits. Not thread-safe: every call is made
/// on the executor.
class Event {
 public:
  explicit Event(boost::asio::any_io_executor executor);
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Wakes everybody who waits. Stays set until reset().
  void set();
  void reset() { set_ = false; }
  bool is_set() const { return set_; }

  /// Returns when it is set, at once if it is already, or at `until`. Returns whether it is set.
  boost::asio::awaitable<bool> wait(SteadyTime until = SteadyTime::max());
  boost::asio::awaitable<bool> wait_for(SteadyTime::duration longest);
  /// The same, and resets it, for an event that one coroutine waits for.
  boost::asio::awaitable<bool> take(SteadyTime until = SteadyTime::max());

 private:
  boost::asio::any_io_executor executor_;
  /// Shared with the coroutines that wait, which may be destroyed with their executor.
  std::vector<std::shared_ptr<boost::asio::steady_timer>> waiting_;
  bool set_ = false;
};

}  // namespace base
