#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <vector>

#include "base/event.hpp"
#include "refresh/shared.hpp"

namespace refresh {

/// The work that waits for the probes, and when the database was asked. `leases`: also when leases end.
struct Look {
  store::Backlogs found;
  bool leases = false;
  base::SteadyTime sent;
};

/// Looks every second at what waits for the probes that `probes()` names, and calls `told` with it, until `stopped`:
/// other replicas, or plain SQL, may have made tasks due without this replica's knowledge. The references outlive it.
boost::asio::awaitable<void> look_loop(Shared& shared, base::Event& stopped,
                                       std::function<std::vector<std::string>()> probes,
                                       std::function<void(const Look&)> told);

}  // namespace refresh
