#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "board/board.hpp"
#include "hardware/alerts.hpp"
#include "hardware/history_api.hpp"
#include "hardware/long_work.hpp"
#include "http/message.hpp"
#include "store/caller.hpp"
#include "store/store.hpp"

namespace hardware {

/// Alerts, for those with the token. Called on every core; the references outlive it.
class AlertsApi {
 public:
  /// `background` is the thread of `alerts`. Replays ask `history` on threads of `past`.
  AlertsApi(Alerts& alerts, store::Store& store, store::Caller& database, store::History& history, HistoryApi& past,
            board::Board& board, boost::asio::any_io_executor background);

  /// GET /hardware/alerts: the rules with their alerts, the receivers, and the latest dead letters.
  boost::asio::awaitable<http::Reply> list(const http::Request& request);
  /// POST /hardware/alerts/test {"receiver":NAME}: sends it a test message now.
  boost::asio::awaitable<http::Reply> test(const http::Request& request);
  /// POST /hardware/alerts/replay: see parse_replay(). One at a time; 503 for others.
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
  store::History& history_;
  HistoryApi& past_;
  /// Shared with a replay, which may outlive its request.
  std::shared_ptr<std::atomic<bool>> replays_ = std::make_shared<std::atomic<bool>>(false);
  board::Board& board_;
  boost::asio::any_io_executor background_;
  LongWork tests_;
};

}  // namespace hardware
