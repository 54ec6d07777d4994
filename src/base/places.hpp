#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>

#include "base/event.hpp"

namespace base {

/// A few places for work that must not take all of something, and a queue of those who wait for one. Not thread-safe:
/// every call is made on the executor.
class Places {
  struct Leave {
    void operator()(Places* places) const { places->leave(); }
  };

 public:
  /// `most_waiting`: further ones are refused.
  Places(boost::asio::any_io_executor executor, std::size_t count, std::size_t most_waiting);

  /// A place, as long as this lives, at most as long as the Places.
  using Place = std::unique_ptr<Places, Leave>;

  /// Waits until it is one's turn. Null: too many wait, or it took longer than `patience`.
  boost::asio::awaitable<Place> take(Duration patience);

  /// Returns when nobody has a place or waits for one.
  boost::asio::awaitable<void> wait();

 private:
  void leave();

  boost::asio::any_io_executor executor_;
  const std::size_t count_;
  const std::size_t most_waiting_;
  std::size_t free_ = count_;
  /// Each is set when its place is free. Empty unless all are taken.
  std::deque<std::shared_ptr<Event>> waiting_;
  Event all_free_;
};

}  // namespace base
