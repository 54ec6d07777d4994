#include "feed/stream_core.hpp"

#include <boost/asio/post.hpp>

#include "feed/events.hpp"
#include "feed/stream.hpp"

namespace feed {
namespace asio = boost::asio;
namespace {

/// Between two looks at all streams that nothing but the time asks for.
constexpr std::chrono::milliseconds kLeastPause{5};
/// Of looking at streams, before other work of the core has its turn.
constexpr std::chrono::milliseconds kLongestRound{2};

}  // namespace

const http::Text& StreamCore::text_of(const board::Update& update, base::Time now) {
  if (text_sequence_ != update.sequence) {
    std::string out;
    append_change(out, update.change, update.aged ? nullptr : &update.version, now);
    update_text_ = std::make_shared<const std::string>(std::move(out));
    text_sequence_ = update.sequence;
  }
  return update_text_;
}

std::list<Stream*>::iterator StreamCore::add(Stream& stream) {
  streams_.Increment();
  if (!std::exchange(listens_, true))
    board.listen([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->look_at_all();
    });
  return all_.insert(all_.end(), &stream);
}

void StreamCore::remove(std::list<Stream*>::iterator place) {
  streams_.Decrement();
  if (next_ == place) ++*next_;
  all_.erase(place);
}

void StreamCore::look_at(base::SteadyTime due) {
  due = std::max(due, std::chrono::steady_clock::now() + kLeastPause);
  if (due >= due_) return;
  due_ = due;
  timer_.expires_at(due);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!self || error) return;
    self->due_ = base::SteadyTime::max();
    self->look_at_all();
  });
}

void StreamCore::look_at_all() {
  again_ = next_.has_value();
  if (again_) return;
  next_ = all_.begin();
  go_on();
}

/// Looks at streams for a while, and at the others after other work of the core.
void StreamCore::go_on() {
  const auto begin = std::chrono::steady_clock::now();
  while (*next_ != all_.end()) {
    Stream& stream = ***next_;
    ++*next_;
    stream.look();
    if (std::chrono::steady_clock::now() - begin > kLongestRound) break;
  }
  if (*next_ == all_.end()) {
    next_.reset();
    if (!again_) return;
    again_ = false;
    next_ = all_.begin();
  }
  asio::post(board.executor(), [self = shared_from_this()] {
    if (self->next_) self->go_on();
  });
}

}  // namespace feed
