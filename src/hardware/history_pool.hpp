#pragma once

#include <atomic>
#include <functional>
#include <optional>

#include "base/metrics.hpp"
#include "base/offload.hpp"
#include "feed/history_meters.hpp"
#include "http/message.hpp"

namespace hardware {

/// Answers that wait for the database: those about the past, and no others. They have threads of their own at the
/// lowest priority, and a few are under way at a time, so that other requests do not feel them. Called on every core.
class HistoryPool {
 public:
  /// Threads, and connections of the store that they call.
  static constexpr std::size_t kThreads = 2;

  struct Limits {
    /// Under way or waiting for a thread; further ones are refused.
    std::size_t most = 8;
    /// From a request to its answer.
    base::Duration deadline = std::chrono::seconds{1};
  };

  /// `metrics` outlives it.
  HistoryPool(base::Metrics& metrics, Limits limits) : limits_(limits), meters_(metrics, "hardware") {}

  /// The reply that `job` makes on a thread of the pool; 503 when too many are under way, 504 after the deadline, which
  /// may be another than the usual one. A job
  /// cannot be cut off: it counts as under way until it ends. Throws what it throws. The job may outlive the await.
  boost::asio::awaitable<http::Reply> run(std::function<http::Reply()> job,
                                          std::optional<base::Duration> deadline = {});

 private:
  struct Asked;
  boost::asio::awaitable<void> work(std::shared_ptr<Asked> asked, std::function<http::Reply()> job);

  const Limits limits_;
  feed::HistoryMeters meters_;
  std::atomic<std::size_t> under_way_ = 0;
  base::OffloadPool pool_{"history", kThreads, base::OffloadPool::Priority::low};
};

}  // namespace hardware
