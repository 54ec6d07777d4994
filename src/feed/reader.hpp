#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "board/board.hpp"
#include "feed/poller.hpp"
#include "http/client.hpp"
#include "http/url.hpp"

namespace feed {

struct ReaderOptions {
  /// Replicas of one service, tried in turn.
  std::vector<http::Url> urls;
  /// How often a service without events is asked.
  base::Duration poll_period;
  /// How long its answer may take.
  base::Duration poll_timeout;
};

/// Fills a board from another service's feed. Follows its events and resumes by revision, on whichever replica
/// answers; polls a service that has none. Used on the background thread; `board` and `metrics` outlive it.
class Reader {
 public:
  Reader(board::Board& board, boost::asio::any_io_executor executor, ReaderOptions options, base::Metrics& metrics);
  ~Reader();

  /// Returns when stop() was called.
  boost::asio::awaitable<void> run();
  void stop();

 private:
  enum class Outcome { ended, failed, no_events };

  boost::asio::awaitable<Outcome> follow(const http::Url& url);
  boost::asio::awaitable<void> read_events(http::Client& client);
  boost::asio::awaitable<Outcome> poll(const http::Url& url);
  boost::asio::awaitable<void> pause(base::Duration delay);
  void report(const std::string& problem);

  board::Board& board_;
  boost::asio::any_io_executor executor_;
  ReaderOptions options_;
  PollFolder poll_folder_;
  boost::asio::steady_timer pause_;
  prometheus::Gauge& connected_;
  prometheus::Counter& failures_;
  /// The request under way, for stop().
  http::Client* client_ = nullptr;
  /// What was logged since the source was last reached.
  std::set<std::string> reported_;
  /// Resume by revision next time; false after an event that could not be folded.
  bool resume_ = true;
  bool stopped_ = false;
};

}  // namespace feed
