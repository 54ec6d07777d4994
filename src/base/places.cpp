#include "base/places.hpp"

namespace base {
namespace asio = boost::asio;

Places::Places(asio::any_io_executor executor, std::size_t count, std::size_t most_waiting)
    : executor_(executor), count_(count), most_waiting_(most_waiting), all_free_(std::move(executor)) {}

asio::awaitable<Places::Place> Places::take(Duration patience) {
  if (free_ > 0) {
    --free_;
    co_return Place(this);
  }
  if (waiting_.size() >= most_waiting_) co_return nullptr;
  const auto turn = std::make_shared<Event>(executor_);
  waiting_.push_back(turn);
  if (co_await turn->wait_for(patience)) co_return Place(this);
  std::erase(waiting_, turn);
  co_return nullptr;
}

asio::awaitable<void> Places::wait() {
  while (free_ < count_) co_await all_free_.take();
}

void Places::leave() {
  if (!waiting_.empty()) {
    waiting_.front()->set();
    waiting_.pop_front();
  } else if (++free_ == count_) {
    all_free_.set();
  }
}

}  // namespace base
