#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace base {

class QuietThread;

/// Threads for blocking or CPU-bound work, so that no request waits for it. Jobs queue without a bound: callers limit
/// how many they have under way. Thread-safe.
class OffloadPool {
 public:
  enum class Priority { normal, low };

  /// Jobs of low priority run with nice 19: requests never feel them.
  OffloadPool(std::string name, std::size_t threads, Priority priority = Priority::normal);
  /// Waits for the jobs under way.
  ~OffloadPool();
  OffloadPool(const OffloadPool&) = delete;
  OffloadPool& operator=(const OffloadPool&) = delete;

  /// Runs `job` on a thread of the pool and resumes on the caller's executor with its result or exception. The result
  /// type must be void or default-constructible. Not cancellable: give the job its own limits. `job` is taken by value,
  /// so it may outlive the caller's scope; what it captures by reference must not.
  template <class F>
  boost::asio::awaitable<std::invoke_result_t<F&>> run(F job) {
    auto task = call(std::move(job));
    co_return co_await boost::asio::co_spawn(pool_, std::move(task), boost::asio::use_awaitable);
  }

 private:
  template <class F>
  static boost::asio::awaitable<std::invoke_result_t<F&>> call(F job) {
    std::packaged_task<std::invoke_result_t<F&>()> task(std::move(job));
    auto result = task.get_future();
    work([&task] { task(); });
    co_return result.get();
  }
  /// Runs `job` on the quiet thread of this thread of the pool, or here if it has none.
  static void work(const std::function<void()>& job);

  /// Of low priority: each works for one thread of the pool.
  std::vector<std::unique_ptr<QuietThread>> quiet_;
  boost::asio::thread_pool pool_;
};

}  // namespace base
