#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "alert/lease.hpp"
#include "base/error.hpp"

namespace alert {

/// Calls of the store for the sender. One that finds the database away is logged and gives nothing. Used on the
/// background thread; the references outlive it.
struct Outbox {
  store::Alerts& store;
  store::Caller& caller;
  base::Fault& fault;
  Lease& lease;

  static inline const std::string kProblem = "the outbox of alerts cannot be used";

  /// This replica's right to send. Without it, what failed is not tried again.
  std::optional<Turn> turn() const {
    auto turn = lease.turn();
    if (!turn) fault.forget(kProblem);
    return turn;
  }

  /// Runs `job` as store::Caller::run() does.
  template <class F>
  boost::asio::awaitable<std::optional<std::invoke_result_t<F&>>> attempt(std::string call, F job) const {
    try {
      std::optional result = co_await caller.run(call, std::move(job));
      fault.succeeded(kProblem);
      co_return result;
    } catch (const base::Lost& lost) {
      fault.failed(kProblem, call + ": " + lost.what());
      co_return std::nullopt;
    }
  }
};

}  // namespace alert
