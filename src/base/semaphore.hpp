#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>

#include "base/event.hpp"

namespace base {

/// Permits for work that must not take all of something, and a queue of those who wait for one. Not thread-safe: every
/// call is made on the executor.
class Semaphore {
  struct Release {
    void operator()(Semaphore* semaphore) const { semaphore->release(); }
  };

 public:
  /// `most_waiting`: further ones are refused.
  Semaphore(boost::asio::any_io_executor executor, std::size_t permits, std::size_t most_waiting);

  /// Held as long as this lives, at most as long as the semaphore.
  using Permit = std::unique_ptr<Semaphore, Release>;

  /// Waits until it is one's turn. Null: too many wait, or it took longer than `patience`.
  boost::asio::awaitable<Permit> acquire(Duration patience);

  /// Returns when nobody has a permit or waits for one.
  boost::asio::awaitable<void> wait();

 private:
  void release();

  boost::asio::any_io_executor executor_;
  const std::size_t permits_;
  const std::size_t most_waiting_;
  std::size_t free_ = permits_;
  /// Each is set when its permit is free. Empty unless all are held.
  std::deque<std::shared_ptr<Event>> waiting_;
  Event all_free_;
};

}  // namespace base
