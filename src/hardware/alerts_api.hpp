#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "board/board.hpp"
#include "hardware/alerts.hpp"
#include "hardware/long_work.hpp"
#include "http/message.hpp"
#include "store/caller.hpp"
#include "store/store.hpp"

namespace hardware {

/// Alerts, for those with the token. Called on every core; the references outlive it.
class AlertsApi {
 public:
  /// `background` is the thread of `alerts`.
  AlertsApi(Alerts& alerts, store::Store& store, store::Caller& database, board::Board& board,
            boost::asio::any_io_executor background);

  /// GET /hardware/alerts: the rules with their alerts, the receivers, and the latest dead letters.
  boost::asio::awaitable<http::Reply> list(const http::Request& request);
  /// POST /hardware/alerts/test {"receiver":NAME}: sends it a test message now.
  boost::asio::awaitable<http::Reply> test(const http::Request& request);
  /// POST /hardware/alerts/replay: see parse_replay().
  boost::asio::awaitable<http::Reply> replay(const http::Request& request);
  /// POST /hardware/alerts/retry {"id":ID}, or {}: dead letters are tried again.
  boost::asio::awaitable<http::Reply> retry(const http::Request& request);
  /// Returns when no test is under way. On the background thread.
  boost::asio::awaitable<void> wait() { return tests_.wait(); }
  /// Rules of a configuration.
  static constexpr std::size_t kMostBytes = 256 * 1024;

 private:
  /// A copy of what `alerts` works by.
  struct Present {
    alert::Plan plan;
    config::Config config;
  };
  boost::asio::awaitable<Present> present();
  boost::asio::awaitable<base::Result<std::string>> send_test(std::string receiver);

  Alerts& alerts_;
  store::Store& store_;
  store::Caller& database_;
  board::Board& board_;
  boost::asio::any_io_executor background_;
  LongWork tests_;
};

}  // namespace hardware
