#include "base/quiet_thread.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace base {

QuietThread::Signal::Signal() {
  sem_init(&semaphore_, 0, 0);
}

QuietThread::Signal::~Signal() {
  sem_destroy(&semaphore_);
}

void QuietThread::Signal::give() {
  sem_post(&semaphore_);
}

void QuietThread::Signal::take() {
  // A signal may interrupt it.
  while (sem_wait(&semaphore_) != 0) {
  }
}

QuietThread::QuietThread(const std::string& name)
    : thread_([this, name] {
        pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
        // On Linux the nice value belongs to a thread; a thread's own id names it.
        setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), 19);
        work();
      }) {}

QuietThread::~QuietThread() {
  job_ = nullptr;
  begin_.give();
  thread_.join();
}

void QuietThread::run(const std::function<void()>& job) {
  job_ = &job;
  begin_.give();
  end_.take();
}

void QuietThread::work() {
  for (begin_.take(); job_ != nullptr; begin_.take()) {
    (*job_)();
    end_.give();
  }
}

}  // namespace base
