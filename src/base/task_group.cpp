#include "base/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>

#include "base/log.hpp"

namespace base {
namespace asio = boost::asio;
namespace {

void log_exception(const std::string& name, const std::exception_ptr& error) {
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    spdlog::error("{} failed: {}", name, e.what());
  }
}

}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor) : executor_(std::move(executor)), empty_(executor_) {
  empty_.set();
}

TaskGroup::~TaskGroup() {
  assert(size_ == 0);
}

void TaskGroup::spawn(std::string name, asio::awaitable<void> task) {
  ++size_;
  empty_.reset();
  asio::co_spawn(executor_, std::move(task), [this, name = std::move(name)](const std::exception_ptr& error) {
    log_exception(name, error);
    if (--size_ == 0) empty_.set();
  });
}

asio::awaitable<void> TaskGroup::wait() {
  while (size_ > 0) co_await empty_.wait();
}

void spawn_logged(const asio::any_io_executor& executor, std::string name, asio::awaitable<void> task) {
  asio::co_spawn(executor, std::move(task),
                 [name = std::move(name)](const std::exception_ptr& error) { log_exception(name, error); });
}

asio::awaitable<bool> sleep(asio::steady_timer& timer, std::chrono::steady_clock::duration delay) {
  timer.expires_after(delay);
  boost::system::error_code error;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  co_return !error;
}

}  // namespace base
