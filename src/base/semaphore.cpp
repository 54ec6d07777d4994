#include "base/semaphore.hpp"

namespace base {
namespace asio = boost::asio;

Semaphore::Semaphore(asio::any_io_executor executor, std::size_t permits, std::size_t most_waiting)
    : executor_(executor), permits_(permits), most_waiting_(most_waiting), all_free_(std::move(executor)) {}

asio::awaitable<Semaphore::Permit> Semaphore::acquire(Duration patience) {
  if (free_ > 0) {
    --free_;
    co_return Permit(this);
  }
  if (waiting_.size() >= most_waiting_) co_return nullptr;
  const auto turn = std::make_shared<Event>(executor_);
  waiting_.push_back(turn);
  if (co_await turn->wait_for(patience)) co_return Permit(this);
  std::erase(waiting_, turn);
  co_return nullptr;
}

asio::awaitable<void> Semaphore::wait() {
  while (free_ < permits_) co_await all_free_.take();
}

void Semaphore::release() {
  if (!waiting_.empty()) {
    waiting_.front()->set();
    waiting_.pop_front();
  } else if (++free_ == permits_) {
    all_free_.set();
  }
}

}  // namespace base
