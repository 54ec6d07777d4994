#include "http/deadlines.hpp"

namespace http {

DeadlineQueue::DeadlineQueue(boost::asio::io_context& context, base::SteadyTime::duration limit)
    : limit_(limit), timer_(context) {}

DeadlineQueue::~DeadlineQueue() {
  *stopped_ = true;
}

void DeadlineQueue::set(Deadline& deadline, base::SteadyTime now) {
  if (deadline.is_linked()) deadline.unlink();
  deadline.at_ = now + limit_;
  all_.push_back(deadline);
  if (!waits_ && !*stopped_) wait();
}

void DeadlineQueue::stop() {
  *stopped_ = true;
  timer_.cancel();
}

void DeadlineQueue::wait() {
  waits_ = true;
  timer_.expires_at(all_.front().at_);
  timer_.async_wait([this, stopped = stopped_](boost::system::error_code) {
    if (!*stopped) tell();
  });
}

void DeadlineQueue::tell() {
  waits_ = false;
  const base::SteadyTime now = std::chrono::steady_clock::now();
  while (!all_.empty() && all_.front().at_ <= now) {
    Deadline& late = all_.front();
    late.unlink();
    late.overdue();
  }
  if (!all_.empty() && !waits_) wait();
}

}  // namespace http
