#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>

#include "base/metrics.hpp"
#include "refresh/database.hpp"
#include "store/budgets.hpp"
#include "store/demand.hpp"
#include "store/plan.hpp"
#include "store/tasks.hpp"

namespace refresh {

/// The surroundings that the runners of a process share. The references outlive them.
struct Shared {
  boost::asio::any_io_executor executor;
  store::Plan& plan;
  store::Tasks& tasks;
  store::Budgets& budgets;
  store::Demand& demand;
  Database database;
  base::Metrics& metrics;
  /// Names this replica in leases.
  std::string owner;
  base::Duration lease;
  /// Called after readings were written, so that the board need not wait for its next poll.
  std::function<void()> written;
};

}  // namespace refresh
