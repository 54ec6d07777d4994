#include "base/offload.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <latch>

#include "base/quiet_thread.hpp"

namespace base {
namespace {

/// Of a thread of a pool of low priority.
thread_local QuietThread* quiet_thread = nullptr;

}  // namespace

OffloadPool::OffloadPool(std::string name, std::size_t threads, Priority priority) : pool_(threads) {
  if (priority == Priority::low)
    for (std::size_t i = 0; i < threads; ++i) quiet_.push_back(std::make_unique<QuietThread>(name));
  // Asio starts the threads itself: each sets itself up in one job, and none leaves before all have arrived.
  // They share the latch, since the last ones look at it after this constructor has gone on.
  const auto all = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(threads));
  for (std::size_t i = 0; i < threads; ++i) {
    boost::asio::post(pool_, [all, name, quiet = quiet_.empty() ? nullptr : quiet_[i].get()] {
      pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
      quiet_thread = quiet;
      all->arrive_and_wait();
    });
  }
  all->wait();
}

OffloadPool::~OffloadPool() {
  pool_.join();
}

void OffloadPool::work(const std::function<void()>& job) {
  if (quiet_thread != nullptr)
    quiet_thread->run(job);
  else
    job();
}

}  // namespace base
