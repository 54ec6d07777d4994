#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <mutex>
#include <set>
#include <vector>

#include "base/event.hpp"
#include "board/board.hpp"
#include "http/message.hpp"
#include "refresh/refresher.hpp"
#include "store/caller.hpp"
#include "store/demand.hpp"

namespace hardware {

/// The profiles that readers watch and wait for: takes them from portals, keeps them in the database for all replicas,
/// and tells the refresh. However many requests there are, it writes to the database every 2 s at most; without a probe
/// that has more than one period, never.
class Demand {
 public:
  /// The references outlive it.
  Demand(store::Demand& store, refresh::Database& database, board::Board& board, refresh::Refresher& refresher,
         boost::asio::any_io_executor background);

  /// The most profiles that a portal may want, and the largest body with them.
  static constexpr std::size_t kMostOfPortal = 256;
  static constexpr std::size_t kMostBytes = 8 << 10;

  /// POST /hardware/demand: the ids of the profiles that a portal's readers watch, as a JSON array. They count for 45
  /// s, unless the portal says so again. Any core calls it.
  http::Reply take(const http::Request& request);

  /// Returns after stop(). On the background thread.
  boost::asio::awaitable<void> run();
  void stop() { stopped_.set(); }

 private:
  std::vector<core::ProfileId> taken();
  boost::asio::awaitable<void> look(std::vector<config::ProbeConfig> probes, std::vector<core::ProfileId> taken);

  store::Demand& store_;
  refresh::Database& database_;
  board::Board& board_;
  refresh::Refresher& refresher_;
  boost::asio::any_io_executor background_;
  base::Event stopped_;
  std::mutex mutex_;
  /// Since the latest look. At most store::kMostWanted. Guarded by mutex_.
  std::set<core::ProfileId> taken_;
};

}  // namespace hardware
