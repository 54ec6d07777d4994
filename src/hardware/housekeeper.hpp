#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "base/event.hpp"
#include "base/metrics.hpp"
#include "refresh/database.hpp"
#include "store/store.hpp"

namespace hardware {

/// Keeps the database small: forgets old deletions, and prunes history. Each minute one replica does that, in short
/// steps with pauses, so that the database is never busy with it. Used on the background thread.
class Housekeeper {
 public:
  /// The references outlive it; `store` knows how long history is kept.
  Housekeeper(store::Store& store, refresh::Database& database, boost::asio::any_io_executor executor,
              base::Metrics& metrics);

  /// Returns when stop() was called.
  boost::asio::awaitable<void> run();
  void stop() { stopped_.set(); }

 private:
  boost::asio::awaitable<void> take_turn();
  boost::asio::awaitable<std::optional<bool>> prune();

  store::Store& store_;
  refresh::Database& database_;
  base::Event stopped_;
  prometheus::Counter& rows_;
  prometheus::Gauge& behind_;
  prometheus::Gauge& last_;
};

}  // namespace hardware
