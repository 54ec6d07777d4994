#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "sql/session.hpp"

namespace sql {

/// Up to a fixed number of sessions of one database, opened when they are needed and kept. A session that is not usable
/// any more is dropped with those that idle, and others are opened for the next callers. Thread-safe; outlives its
/// leases.
class Pool {
 public:
  using Open = std::function<std::unique_ptr<Session>()>;

  /// One caller's session until the end of the scope.
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Session> session) : pool_(pool), session_(std::move(session)) {}
    ~Lease() { pool_.give_back(std::move(session_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    Session& operator*() const { return *session_; }
    Session* operator->() const { return session_.get(); }

   private:
    Pool& pool_;
    std::unique_ptr<Session> session_;
  };

  Pool(std::size_t size, Open open);

  /// Waits until a session is free. Throws the exceptions of `open`; after a first success, sql::Error (lost) instead.
  Lease acquire();

  /// Hold it while writing, and take it before acquire(), so that waiting writers keep no session from readers. Empty
  /// where the database lets several write at a time.
  std::unique_lock<std::mutex> writer_turn();

  /// Notes that a change was committed now.
  void wrote() { last_write_ = base::system_clock().wall_now(); }
  /// The time of the latest one, on this machine's clock; 1970 before the first.
  base::Time last_write() const { return last_write_; }

 private:
  std::unique_ptr<Session> replacement(std::unique_ptr<Session> old);
  void give_back(std::unique_ptr<Session> session) noexcept;
  /// Takes the `count` sessions that idle the longest away, to be closed outside of the lock.
  void drop_idle(std::vector<std::unique_ptr<Session>>& into, std::size_t count);

  const Open open_;
  std::mutex writer_;
  std::atomic<base::Time> last_write_{};
  std::mutex mutex_;
  std::condition_variable freed_;
  /// Below: guarded by mutex_.
  std::vector<std::unique_ptr<Session>> idle_;
  /// Sessions that may still be opened.
  std::size_t unopened_;
  bool single_writer_ = true;
  bool opened_before_ = false;
};

}  // namespace sql
