#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/metrics.hpp"
#include "board/board.hpp"
#include "feed/poller.hpp"
#include "http/client.hpp"
#include "http/replicas.hpp"
#include "http/retry_budget.hpp"

namespace feed {

struct ReaderOptions {
  /// Where the replicas of one service are. Each host may have many addresses.
  std::vector<base::Url> urls;
  /// How often a service without events is asked.
  base::Duration poll_period;
  /// How long its answer may take.
  base::Duration poll_timeout;
  /// The reader leaves a replica that sends no byte for so long: three heartbeats and a second. A shorter time notices
  /// one that hangs sooner, and also leaves one that is only slow.
  base::Duration silence = std::chrono::seconds{7};
  /// How hosts are looked up; empty: as the system does.
  http::Resolve resolve{};
  base::Duration resolve_period = http::kResolvePeriod;
};

/// Fills a board from another service's feed. Follows the events of one replica and resumes by revision on another one
/// when it fails; polls a service that has none. Sends nothing but GET, so that it may ask again. Used on the
/// background thread; `board` and `metrics` outlive it.
class Reader {
 public:
  Reader(board::Board& board, boost::asio::any_io_executor executor, ReaderOptions options, base::Metrics& metrics);
  ~Reader();

  /// Returns when stop() was called.
  boost::asio::awaitable<void> run();
  void stop();

  /// The replicas that it reads from, for other questions to them; on the same thread.
  http::Replicas& replicas() { return replicas_; }
  /// The one that it follows or polls now, or null. What changes there is seen here first; on the same thread.
  std::shared_ptr<http::Replica> followed() const { return followed_.lock(); }

 private:
  enum class Ending { ended, failed, no_events };

  boost::asio::awaitable<void> read();
  boost::asio::awaitable<Ending> use(http::Replica& replica);
  boost::asio::awaitable<Ending> follow(http::Replica& replica);
  boost::asio::awaitable<base::Result<void>> read_events(http::Client& client, http::Replica& replica);
  boost::asio::awaitable<Ending> poll(http::Replica& replica);
  boost::asio::awaitable<void> pause(base::Duration delay);
  bool may_move_on();
  void tell_outage();
  Ending failed(http::Replica& replica, const std::string& problem);
  void succeeded(http::Replica& replica);

  board::Board& board_;
  boost::asio::any_io_executor executor_;
  ReaderOptions options_;
  PollFolder poll_folder_;
  prometheus::Gauge& connected_;
  prometheus::Counter& failures_;
  prometheus::Counter& refused_;
  http::Replicas replicas_;
  http::RetryBudget budget_;
  boost::asio::steady_timer pause_;
  /// When there is no other replica to go to at once.
  base::Backoff backoff_;
  std::weak_ptr<http::Replica> followed_;
  /// The replica that the log said is followed.
  std::string told_;
  /// The latest byte of the source, or when this began.
  base::SteadyTime heard_at_ = std::chrono::steady_clock::now();
  /// The request under way, for stop().
  http::Client* client_ = nullptr;
  /// Resume by revision next time; false after an event that could not be folded.
  bool resume_ = true;
  bool stopped_ = false;
};

}  // namespace feed
