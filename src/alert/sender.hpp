#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "alert/courier.hpp"
#include "base/task_group.hpp"

namespace alert {

/// Sends the messages of the outbox while this replica has the lease: a courier for each receiver. Keeps the outbox
/// small, and counts what is in it. Used on the background thread.
class Sender {
 public:
  /// The references in `outbox`, and `metrics`, outlive it. REQUIRES: validated receivers.
  Sender(std::span<const config::AlertReceiver> receivers, Outbox outbox, Firing firing, base::Metrics& metrics,
         boost::asio::any_io_executor executor);

  /// Works until stop() was called. Deliveries under way are cut off: whoever goes on repeats them.
  boost::asio::awaitable<void> run();
  void stop();
  /// There are new messages, or the lease began or ended.
  void wake();
  /// Sends to these receivers from now on. Those that stay as they are go on undisturbed. Before run() or during it.
  void configure(std::span<const config::AlertReceiver> receivers);

  /// Counts what is in the outbox, for the metrics. run() does it all the time.
  boost::asio::awaitable<void> count();

  /// Sends a test message to a receiver now, with or without the lease. not_found, and unavailable with the reason when
  /// it does not arrive.
  boost::asio::awaitable<base::Result<void>> test(std::string receiver, base::Time now);

 private:
  boost::asio::awaitable<void> tidy();
  ReceiverMeters& meters_of(const std::string& receiver);
  std::vector<std::string> names() const;

  const Outbox outbox_;
  const Firing firing_;
  base::Metrics& metrics_;
  const boost::asio::any_io_executor executor_;
  /// Also of receivers that are gone, whose counters stay.
  std::map<std::string, ReceiverMeters> meters_;
  /// By name. Shared with those who test them.
  std::map<std::string, std::shared_ptr<Courier>> couriers_;
  bool running_ = false;
  base::TaskGroup group_;
  base::Event stopped_;
};

/// File descriptors that sending to `receivers` may have open at once.
std::size_t descriptors(std::span<const config::AlertReceiver> receivers);

}  // namespace alert
