#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "alert/message.hpp"
#include "base/clock.hpp"
#include "probe/transfer.hpp"

namespace alert {

enum class Outcome : std::uint8_t {
  delivered,
  failed,   ///< another attempt may succeed, perhaps after somebody has repaired something
  refused,  ///< the receiver works and refuses this message, now and later
};

/// How an attempt to deliver a message ended.
struct Delivery {
  Outcome outcome = Outcome::delivered;
  /// Why not; or what went wrong beside the delivery. A sentence without secrets.
  std::string error{};
  /// The receiver answered, so that its failure may be due to the message.
  bool answered = false;
  /// How long the receiver asks to wait.
  base::Duration retry_after{0};
};

/// The conditions of an attempt.
struct Sending {
  /// The database's clock.
  base::Time now;
  base::SteadyTime deadline;
  /// Ends it at once, with a failure.
  std::stop_token stop{};
};

/// Makes a call, as probe::Transfers::run() does.
using Transport = std::function<boost::asio::awaitable<std::expected<probe::Response, std::string>>(
    probe::Request request, base::SteadyTime deadline, std::stop_token stop)>;

/// Where messages go. An interface because each kind talks to another part of the world. A message may come several
/// times, with the same id. Used on the background thread, for one call at a time.
class Receiver {
 public:
  virtual ~Receiver() = default;

  virtual boost::asio::awaitable<Delivery> deliver(Message message, Sending sending) = 0;

  /// How often it wants to hear what fires, since it forgets; 0: never.
  virtual base::Duration repeat_every() const { return base::Duration{0}; }
  /// Tells it all that fires.
  virtual boost::asio::awaitable<Delivery> repeat(std::vector<Message> firing, Sending sending);
};

/// Makes the receiver that `config` describes. REQUIRES: validated config.
std::unique_ptr<Receiver> make_receiver(const config::AlertReceiver& config, Transport transport);

/// The table of kinds. Options of config/alerts.hpp that have no line here do not compile.

/// Sends JSON to a URL: a message as it is, or in the form that a service reads.
std::unique_ptr<Receiver> receiver_of(const config::WebhookOptions& options, Transport transport);
/// Sends a mail.
std::unique_ptr<Receiver> receiver_of(const config::EmailOptions& options, Transport transport);
/// Tells each item to Alertmanager, and repeats what fires, as Prometheus does.
std::unique_ptr<Receiver> receiver_of(const config::AlertmanagerOptions& options, Transport transport);

}  // namespace alert
