#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>

#include "base/metrics.hpp"
#include "base/offload.hpp"
#include "refresh/database_watch.hpp"
#include "store/budgets.hpp"
#include "store/plan.hpp"
#include "store/tasks.hpp"

namespace refresh {

/// What the runners of a process share. All of it outlives them.
struct Shared {
  boost::asio::any_io_executor executor;
  store::Plan& plan;
  store::Tasks& tasks;
  store::Budgets& budgets;
  /// The store's threads: as many as it has connections.
  base::OffloadPool& database;
  DatabaseWatch& watch;
  base::Metrics& metrics;
  /// Names this replica in leases.
  std::string owner;
  base::Duration lease;
  /// Called after readings were written, so that the board need not wait for its next poll.
  std::function<void()> written;
};

/// What `call`, run on a thread of the database, returns; nothing when the database is lost, which the watch is told.
/// `job` says what is not done then: "fast cannot claim tasks".
template <class F>
boost::asio::awaitable<std::optional<std::invoke_result_t<F&>>> attempt(Shared& shared, std::string job, F call) {
  DatabaseWatch::Call watched(shared.watch, std::move(job));
  try {
    auto result = co_await shared.database.run(std::move(call));
    watched.succeeded();
    co_return result;
  } catch (const base::Lost& lost) {
    watched.failed(lost.what());
  }
  co_return std::nullopt;
}

/// The same for a call that is not made again when it fails.
template <class F>
boost::asio::awaitable<std::optional<std::invoke_result_t<F&>>> attempt_once(Shared& shared, std::string job, F call) {
  auto result = co_await attempt(shared, job, std::move(call));
  shared.watch.forget(job);
  co_return result;
}

}  // namespace refresh
