#include "sql/pool.hpp"

#include "sql/error.hpp"

namespace sql {

Pool::Pool(std::size_t size, Open open) : open_(std::move(open)), unopened_(size) {
  idle_.reserve(size);
}

Pool::Lease Pool::acquire() {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [this] { return !idle_.empty() || unopened_ > 0; });
  std::unique_ptr<Session> session;
  if (!idle_.empty()) {
    session = std::move(idle_.back());
    idle_.pop_back();
  } else {
    --unopened_;
  }
  lock.unlock();
  if (session && session->usable()) return {*this, std::move(session)};
  return {*this, replacement(std::move(session))};
}

std::unique_ptr<Session> Pool::replacement(std::unique_ptr<Session> old) {
  old.reset();
  try {
    auto session = open_();
    const std::lock_guard lock(mutex_);
    opened_before_ = true;
    single_writer_ = session->dialect().single_writer;
    return session;
  } catch (const base::UsageError& error) {
    give_back(nullptr);
    const std::lock_guard lock(mutex_);
    // It worked when the program started, so the database has changed, and may change back.
    if (opened_before_) throw Error(ErrorKind::lost, error.what());
    throw;
  } catch (...) {
    give_back(nullptr);
    throw;
  }
}

std::unique_lock<std::mutex> Pool::writer_turn() {
  {
    const std::lock_guard lock(mutex_);
    if (!single_writer_) return {};
  }
  return std::unique_lock(writer_);
}

void Pool::give_back(std::unique_ptr<Session> session) noexcept {
  std::vector<std::unique_ptr<Session>> closed;
  {
    const std::lock_guard lock(mutex_);
    if (session && session->usable()) {
      idle_.push_back(std::move(session));
    } else {
      ++unopened_;
      // Its cause, a failover for example, has most likely ended the others too.
      if (session) drop_idle(closed, idle_.size());
    }
    // One that idled too long is closed in order, before the server does and logs it. The longest idle come first.
    if (!idle_.empty() && !idle_.front()->usable()) drop_idle(closed, 1);
  }
  freed_.notify_one();
}

void Pool::drop_idle(std::vector<std::unique_ptr<Session>>& into, std::size_t count) {
  const auto end = idle_.begin() + static_cast<std::ptrdiff_t>(count);
  into.insert(into.end(), std::move_iterator(idle_.begin()), std::move_iterator(end));
  idle_.erase(idle_.begin(), end);
  unopened_ += count;
}

}  // namespace sql
