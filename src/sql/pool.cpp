#include "sql/pool.hpp"

namespace sql {

Pool::Pool(std::size_t size, Open open) : open_(std::move(open)), unopened_(size) {
  idle_.reserve(size);
}

Pool::Lease Pool::acquire() {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [this] { return !idle_.empty() || unopened_ > 0; });
  if (!idle_.empty()) {
    auto session = std::move(idle_.back());
    idle_.pop_back();
    return {*this, std::move(session)};
  }
  --unopened_;
  lock.unlock();
  std::unique_ptr<Session> session;
  try {
    session = open_();
  } catch (...) {
    give_back(nullptr);
    throw;
  }
  lock.lock();
  single_writer_ = session->dialect().single_writer;
  return {*this, std::move(session)};
}

std::unique_lock<std::mutex> Pool::writer_turn() {
  {
    const std::lock_guard lock(mutex_);
    if (!single_writer_) return {};
  }
  return std::unique_lock(writer_);
}

void Pool::give_back(std::unique_ptr<Session> session) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (session && session->usable())
      idle_.push_back(std::move(session));
    else
      ++unopened_;
  }
  freed_.notify_one();
}

}  // namespace sql
