#pragma once

#include <semaphore.h>

#include <functional>
#include <string>
#include <thread>

namespace base {

/// A thread with nice 19 that works for one other thread, and holds no lock that others wait for while it hands its
/// work back: whoever wakes a thread of a higher priority is put aside at once, on a busy machine for long, with the
/// locks that it holds.
class QuietThread {
 public:
  explicit QuietThread(const std::string& name);
  ~QuietThread();
  QuietThread(const QuietThread&) = delete;
  QuietThread& operator=(const QuietThread&) = delete;

  /// Runs `job`, which must not throw, and returns when it has ended.
  void run(const std::function<void()>& job);

 private:
  void work();

  /// Of POSIX: it has no lock, and that of libstdc++ 12 may sleep for ever (its bug 104928).
  class Signal {
   public:
    Signal();
    ~Signal();
    void give();
    void take();

   private:
    sem_t semaphore_;
  };

  Signal begin_, end_;
  /// Null: the thread ends.
  const std::function<void()>* job_ = nullptr;
  std::thread thread_;
};

}  // namespace base
