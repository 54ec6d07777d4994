#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <type_traits>

#include "base/error.hpp"
#include "refresh/database_watch.hpp"
#include "store/caller.hpp"

namespace refresh {

/// The result of a call of the database, or nothing while the database is away. For a call without a result: whether it
/// ran.
template <class F, class R = std::invoke_result_t<F&>>
using Attempted = std::conditional_t<std::is_void_v<R>, bool, std::optional<R>>;

/// Calls the store. Reports calls that find the database away to the watch, and counts them.
struct Database {
  store::Caller& caller;
  DatabaseWatch& watch;
  /// Counts failures. May be null.
  prometheus::Counter* failures = nullptr;

  /// Runs `job` as store::Caller::run() does. `problem` is the log's text when the database is away: "fast cannot claim
  /// tasks".
  template <class F>
  boost::asio::awaitable<Attempted<F>> attempt(std::string call, std::string problem, F job) {
    DatabaseWatch::Call watched(watch, std::move(problem));
    Attempted<F> result{};
    try {
      if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
        co_await caller.run(call, std::move(job));
        result = true;
      } else {
        result = co_await caller.run(call, std::move(job));
      }
      watched.succeeded();
    } catch (const base::Lost& lost) {
      watched.failed(lost.what());
      if (failures != nullptr) failures->Increment();
    }
    co_return result;
  }

  /// The same for a call that is not retried.
  template <class F>
  boost::asio::awaitable<Attempted<F>> attempt_once(std::string call, std::string problem, F job) {
    auto result = co_await attempt(std::move(call), problem, std::move(job));
    watch.forget(problem);
    co_return result;
  }
};

}  // namespace refresh
