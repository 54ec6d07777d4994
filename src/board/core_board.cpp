#include "board/core_board.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace board {
namespace {

/// A subscriber that is further behind starts again from the current state, which costs it less than the detours.
constexpr std::size_t kRecentUpdates = 256;

}  // namespace

CoreBoard::CoreBoard(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

std::optional<std::vector<UpdatePtr>> CoreBoard::updates_after(std::uint64_t sequence) const {
  std::vector<UpdatePtr> out;
  if (sequence == current_->sequence) return out;
  if (recent_.empty() || recent_.front()->sequence > sequence + 1) return std::nullopt;
  const std::size_t known = sequence + 1 - recent_.front()->sequence;
  out.assign(recent_.begin() + static_cast<std::ptrdiff_t>(known), recent_.end());
  return out;
}

void CoreBoard::deliver(StatePtr state, UpdatePtr update) {
  current_ = std::move(state);
  if (!update) return;
  recent_.push_back(std::move(update));
  if (recent_.size() > kRecentUpdates) recent_.pop_front();
  wake_all();
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
