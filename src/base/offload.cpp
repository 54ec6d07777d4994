#include "base/offload.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <latch>
#include <memory>

namespace base {

OffloadPool::OffloadPool(std::string name, std::size_t threads, Priority priority) : pool_(threads) {
  // Asio starts the threads itself: each sets itself up in one job, and none leaves before all have arrived.
  // They share the latch, since the last ones look at it after this constructor has gone on.
  const auto all = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(threads));
  for (std::size_t i = 0; i < threads; ++i) {
    boost::asio::post(pool_, [all, name, priority] {
      pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
      // On Linux the nice value belongs to a thread; a thread's own id names it.
      if (priority == Priority::low) setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 19);
      all->arrive_and_wait();
    });
  }
  all->wait();
}

OffloadPool::~OffloadPool() {
  pool_.join();
}

}  // namespace base
