#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/metrics.hpp"
#include "base/offload.hpp"

namespace store {

/// Threads that call the store, so that no other thread waits for the database. Measures how long calls take
/// (vacancy_database_seconds). Thread-safe.
class Caller {
 public:
  /// `threads`: as many as the store has connections. `metrics` outlives it.
  Caller(std::size_t threads, base::Metrics& metrics) : metrics_(metrics), pool_("database", threads) {}

  /// Runs `job` as OffloadPool::run() does. `call` is the metric's label.
  template <class F>
  boost::asio::awaitable<std::invoke_result_t<F&>> run(std::string call, F job) {
    auto timed = [&seconds = histogram(call), job = std::move(job)]() mutable {
      const Timed until_the_end(seconds);
      return job();
    };
    co_return co_await pool_.run(std::move(timed));
  }

 private:
  /// Observes the time until the end of the scope, also of a call that fails.
  struct Timed {
    explicit Timed(prometheus::Histogram& seconds) : seconds(seconds) {}
    ~Timed() { seconds.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()); }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

    prometheus::Histogram& seconds;
    const std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  };

  prometheus::Histogram& histogram(const std::string& call);

  base::Metrics& metrics_;
  std::mutex mutex_;
  /// By call. Guarded by mutex_.
  std::map<std::string, prometheus::Histogram*> histograms_;
  base::OffloadPool pool_;
};

}  // namespace store
