#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "base/event.hpp"
#include "base/fault.hpp"
#include "store/alerts.hpp"
#include "store/caller.hpp"

namespace alert {

/// This replica's right to evaluate alerts and to send messages, while it has it.
struct Turn {
  store::AlertTurn turn;
  /// Stopped when the right is lost, or may be: another replica soon begins.
  std::stop_token lost;
};

/// Asks for the lease of alerts, renews it, and gives it back at the end. Used on the background thread.
class Lease {
 public:
  /// `changed` is called when the turn began or ended. The references outlive it.
  Lease(boost::asio::any_io_executor executor, store::Alerts& store, store::Caller& caller, base::Fault& fault,
        std::string owner, base::Duration lease, std::function<void()> changed);

  /// Works until stop() was called.
  boost::asio::awaitable<void> run();
  void stop();

  /// Nothing: it is another replica's, or surely this one's no more.
  std::optional<Turn> turn() const;
  /// A write was refused.
  void lose(const store::AlertTurn& turn);

 private:
  struct Held {
    store::AlertTurn turn;
    std::stop_source lost{};
    /// The end of the lease on this machine's steady clock, less a margin.
    base::SteadyTime until;
  };

  boost::asio::awaitable<void> renew_loop();
  boost::asio::awaitable<void> watch_loop();
  boost::asio::awaitable<void> ask();
  boost::asio::awaitable<void> give_back();
  void lose(std::string_view why);

  store::Alerts& store_;
  store::Caller& caller_;
  base::Fault& fault_;
  const std::string owner_;
  const base::Duration lease_;
  const std::function<void()> changed_;
  std::optional<Held> held_;
  base::Event stopped_;
};

}  // namespace alert
