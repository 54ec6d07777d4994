#include "base/event.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace base {
namespace asio = boost::asio;

Event::Event(asio::any_io_executor executor) : executor_(std::move(executor)) {}

void Event::set() {
  set_ = true;
  for (const auto& timer : waiting_) timer->cancel();
}

asio::awaitable<bool> Event::wait(SteadyTime until) {
  if (set_ || until <= std::chrono::steady_clock::now()) co_return set_;
  const auto timer = std::make_shared<asio::steady_timer>(executor_, until);
  waiting_.push_back(timer);
  boost::system::error_code ignored;
  co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  std::erase(waiting_, timer);
  co_return set_;
}

asio::awaitable<bool> Event::wait_for(SteadyTime::duration longest) {
  co_return co_await wait(std::chrono::steady_clock::now() + longest);
}

asio::awaitable<bool> Event::take(SteadyTime until) {
  const bool was_set = co_await wait(until);
  reset();
  co_return was_set;
}

}  // namespace base
