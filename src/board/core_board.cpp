#include "board/core_board.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace board {
CoreBoard::CoreBoard(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

std::optional<std::vector<UpdatePtr>> CoreBoard::updates_after(std::uint64_t sequence) const {
  const auto updates = current_->updates_after(sequence);
  if (!updates) return std::nullopt;
  return std::vector<UpdatePtr>(updates->begin(), updates->end());
}

void CoreBoard::deliver(StatePtr state, const UpdatePtr& update) {
  current_ = std::move(state);
  if (update) wake_all();
}

void CoreBoard::close() {
  closed_ = true;
  wake_all();
}

void CoreBoard::wake_all() {
  for (Subscription* subscriber : subscribers_) subscriber->timer_.cancel();
  for (const auto& on_change : listeners_) on_change();
}

CoreBoard::Subscription::Subscription(CoreBoard& board) : board_(board), timer_(board.executor_) {
  place_ = board_.subscribers_.insert(board_.subscribers_.end(), this);
}

CoreBoard::Subscription::~Subscription() {
  board_.subscribers_.erase(place_);
}

boost::asio::awaitable<void> CoreBoard::Subscription::wait(std::uint64_t sequence, base::SteadyTime deadline) {
  if (board_.closed_ || woken_ || board_.current_->sequence != sequence) co_return;
  timer_.expires_at(deadline);
  boost::system::error_code ignored;
  co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

void CoreBoard::Subscription::wake() {
  woken_ = true;
  timer_.cancel();
}

}  // namespace board
