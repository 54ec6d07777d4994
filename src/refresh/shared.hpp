#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>

#include "base/metrics.hpp"
#include "base/offload.hpp"
#include "store/store.hpp"

namespace refresh {

/// What the runners of a process share. All of it outlives them.
struct Shared {
  boost::asio::any_io_executor executor;
  store::Store& store;
  /// The store's threads: as many as it has connections.
  base::OffloadPool& database;
  base::Metrics& metrics;
  /// Names this replica in leases.
  std::string owner;
  base::Duration lease;
  /// Called after readings were written, so that the board need not wait for its next poll.
  std::function<void()> written;
};

}  // namespace refresh
