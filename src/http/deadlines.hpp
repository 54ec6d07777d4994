#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <memory>

#include "base/clock.hpp"

namespace http {

class DeadlineQueue;

/// Something that may be late, in one queue at most. Leaves it with its end.
class Deadline : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  /// Its time has come, and it has left its queue.
  virtual void overdue() = 0;
  bool is_set() const { return is_linked(); }
  void unset() { unlink(); }

 protected:
  ~Deadline() = default;

 private:
  friend class DeadlineQueue;
  base::SteadyTime at_;
};

/// Deadlines that are all as far away as each other when they are set, so that they end in the order of their setting:
/// neither setting nor taking one back moves a timer. Used on the context's thread.
class DeadlineQueue {
 public:
  DeadlineQueue(boost::asio::io_context& context, base::SteadyTime::duration limit);
  ~DeadlineQueue();
  DeadlineQueue(const DeadlineQueue&) = delete;
  DeadlineQueue& operator=(const DeadlineQueue&) = delete;

  /// `deadline` leaves the queue that it is in.
  void set(Deadline& deadline, base::SteadyTime now);

  /// The earliest first.
  auto begin() { return all_.begin(); }
  auto end() { return all_.end(); }
  bool empty() const { return all_.empty(); }

  /// Nothing is overdue from now on.
  void stop();

 private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;
  void wait();
  void tell();

  base::SteadyTime::duration limit_;
  boost::intrusive::list<Deadline, boost::intrusive::constant_time_size<false>> all_;
  Timer timer_;
  bool waits_ = false;
  /// Shared with the handler that waits.
  std::shared_ptr<bool> stopped_ = std::make_shared<bool>(false);
};

}  // namespace http
