#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "alert/outbox.hpp"
#include "alert/receiver.hpp"
#include "base/backoff.hpp"
#include "base/metrics.hpp"

namespace alert {

/// The metrics of a receiver. `metrics` outlives it.
struct ReceiverMeters {
  ReceiverMeters(base::Metrics& metrics, const std::string& receiver);

  prometheus::Counter& delivered;
  prometheus::Counter& failed;
  prometheus::Counter& dead;
  prometheus::Histogram& seconds;
  /// Of the outbox, on the replica that sends: 0 on others.
  prometheus::Gauge& waiting;
  prometheus::Gauge& dead_letters;
  prometheus::Gauge& oldest;
};

/// When a courier tries again.
struct Pace {
  base::Duration first_pause = std::chrono::seconds{1};
  base::Duration longest_pause = std::chrono::minutes{1};
  /// How often it looks into the outbox without being told, for what another replica added or revived.
  base::Duration look = std::chrono::seconds{5};
};

/// All that fires and was told to a receiver, for one that wants to hear it again. Called on a thread of the database,
/// where it may wait for the evaluation.
using Firing = std::function<std::vector<Message>(const std::string& receiver)>;

/// Delivers the messages of one receiver while this replica has the lease: one after the other, with pauses that double
/// while the receiver fails, and that are longer where it asks for that. The message that failed comes first again,
/// unless it may be the cause. It holds up those of its order, and no others. Used on the background thread.
class Courier {
 public:
  /// The references in `outbox`, and `meters`, outlive it.
  Courier(const config::AlertReceiver& config, std::unique_ptr<Receiver> receiver, Outbox outbox, Firing firing,
          ReceiverMeters& meters, boost::asio::any_io_executor executor, const Pace& pace = {});

  const config::AlertReceiver& config() const { return config_; }

  /// Works until stop() was called. A delivery under way is cut off.
  boost::asio::awaitable<void> run();
  void stop();
  /// There may be a new message, or the lease is another one.
  void wake() { woken_.set(); }

  /// One attempt to deliver a message, which need not be in the outbox. Cut off by stop(), and when `lost` is stopped.
  boost::asio::awaitable<Delivery> deliver(Message message, base::Time now, std::stop_token lost = {});

 private:
  boost::asio::awaitable<void> work(const Turn& turn);
  boost::asio::awaitable<void> send(const store::Message& stored, base::Time now, const Turn& turn);
  boost::asio::awaitable<void> settle(const Turn& turn, store::Attempt attempt);
  boost::asio::awaitable<void> repeat(base::Time now, const Turn& turn);
  store::Attempt attempt_of(const store::Message& stored, base::Time now, const Delivery& delivery);
  void pause(base::Duration pause);
  /// Nothing more is to be sent, and what is under way is cut off.
  bool is_over(const Turn& turn) const;

  const config::AlertReceiver config_;
  const std::unique_ptr<Receiver> receiver_;
  const Outbox outbox_;
  const Firing firing_;
  const Pace pace_;
  const std::string problem_;
  ReceiverMeters& meters_;
  base::Fault fault_;
  base::Backoff backoff_;
  /// After the attempt that failed last.
  base::Duration next_pause_{0};
  /// No attempt before that.
  base::SteadyTime paused_until_;
  /// When to look into the outbox again, and when to repeat what fires.
  base::SteadyTime look_at_;
  base::SteadyTime repeat_at_;
  std::stop_source stop_;
  base::Event stopped_;
  base::Event woken_;
};

}  // namespace alert
