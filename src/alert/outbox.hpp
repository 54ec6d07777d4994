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

  /// Runs `job` as store::Caller::run() does.
  template <class F>
  boost::asio::awaitable<std::optional<std::invoke_result_t<F&>>> attempt(std::string call, F job) const {
    const std::string problem = "the outbox of alerts cannot be used (" + call + ")";
    try {
      std::optional result = co_await caller.run(call, std::move(job));
      fault.succeeded(problem);
      co_return result;
    } catch (const base::Lost& lost) {
      fault.failed(problem, lost.what());
      co_return std::nullopt;
    }
  }
};

}  // namespace alert
