#include "board/core_board.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace board {
namespace {

/// Looking at an update takes a subscriber some microseconds: this keeps them to a few percent of the core's time.
constexpr std::chrono::microseconds kPausePerSubscriber{100};
constexpr std::chrono::milliseconds kLongestPause{50};

}  // namespace

CoreBoard::CoreBoard(boost::asio::any_io_executor executor)
    : executor_(std::move(executor)),
      pace_(std::make_shared<Pace>(boost::asio::steady_timer(executor_, base::SteadyTime::min()), this)) {}

CoreBoard::~CoreBoard() {
  pace_->board = nullptr;
}

std::optional<std::vector<UpdatePtr>> CoreBoard::updates_after(std::uint64_t sequence) const {
  const auto updates = current_->updates_after(sequence);
  if (!updates) return std::nullopt;
  return std::vector<UpdatePtr>(updates->begin(), updates->end());
}

void CoreBoard::deliver(StatePtr state, const UpdatePtr& update) {
  current_ = std::move(state);
  if (update) wake_soon();
}

void CoreBoard::close() {
  closed_ = true;
  wake_all();
}

void CoreBoard::wake_soon() {
  if (std::exchange(pace_->planned, true)) return;
  // At once, unless they were woken a moment ago.
  if (pace_->timer.expiry() <= std::chrono::steady_clock::now()) return wake_all();
  pace_->timer.async_wait([pace = pace_](const boost::system::error_code&) {
    if (pace->board != nullptr) pace->board->wake_all();
  });
}

void CoreBoard::wake_all() {
  pace_->planned = false;
  const auto pause = std::min<base::SteadyTime::duration>(subscribers_.size() * kPausePerSubscriber, kLongestPause);
  pace_->timer.expires_at(std::chrono::steady_clock::now() + pause);
  for (Subscription* subscriber : subscribers_) subscriber->timer_.cancel();
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
