#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstdlib>
#include <future>
#include <stdexcept>
#include <thread>

namespace support {

/// How long a test waits for what must happen: $PATIENCE seconds. Never reached when all is well, so script/test, which
/// may run on a busy machine, makes it long. The default is short, so that whoever runs one program sees a failure
/// soon.
inline const std::chrono::seconds kPatience{std::getenv("PATIENCE") == nullptr ? 10
                                                                               : std::atoi(std::getenv("PATIENCE"))};

/// Waits until `condition()` holds; false when it does not within `longest`.
template <class Condition>
bool eventually(Condition condition, std::chrono::steady_clock::duration longest = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + longest;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// Did this happen, within kPatience?
template <class T>
bool ready(const std::future<T>& future) {
  return future.wait_for(kPatience) == std::future_status::ready;
}

/// Calls `job` on the thread of `context` and returns its result. What was posted there before has run then.
template <class Job>
std::invoke_result_t<Job&> on(boost::asio::io_context& context, Job job) {
  auto result = boost::asio::post(context, std::packaged_task<std::invoke_result_t<Job&>()>(std::move(job)));
  if (!ready(result)) throw std::runtime_error("a context does not run what was posted to it");
  return result.get();
}

/// Starts `task`, whose parameters must be values or outlive it, on the thread of `context`.
template <class T>
std::future<T> start(boost::asio::io_context& context, boost::asio::awaitable<T> task) {
  return boost::asio::co_spawn(context, std::move(task), boost::asio::use_future);
}

}  // namespace support
