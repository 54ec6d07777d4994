#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "base/semaphore.hpp"
#include "board/board.hpp"
#include "config/config.hpp"
#include "feed/launch_json.hpp"
#include "http/bearer_token.hpp"
#include "store/caller.hpp"
#include "store/observations.hpp"

namespace hardware {

/// Launches, told by those with the token. Called on every core; the references outlive it.
class ObservationsApi {
 public:
  /// `changed` is called after each change, on the thread of the request. `admin` opens it, too.
  ObservationsApi(const config::Config& config, const http::BearerToken& admin, store::Observations& store,
                  store::Caller& database, board::Board& board, base::Metrics& metrics,
                  boost::asio::any_io_executor background, std::function<void()> changed);

  /// POST /api/v1/observations: one or many (feed/launch_json.hpp).
  boost::asio::awaitable<http::Reply> add(const http::Request& request);
  /// Returns when none is under way. On the background thread.
  boost::asio::awaitable<void> wait() { return permits_.wait(); }
  /// The options of its route.
  http::RouteOptions route() const;

  /// Launches are trusted as long as measurements of these probes, from now on. Thread-safe.
  void set(const std::vector<config::ProbeConfig>& probes);

 private:
  /// Launches, and of each that says something about capacity what to write.
  struct Asked {
    std::vector<feed::SentLaunch> sent;
    std::vector<std::size_t> places;
    std::vector<store::Observation> observations;
  };
  /// Nothing: it is not its turn for too long. On the background thread.
  boost::asio::awaitable<std::optional<std::vector<store::Observed>>> write(
      std::vector<store::Observation> observations);
  base::Result<Asked> read(const http::Request& request) const;
  core::FreshnessRule rule_of(const core::Row& row) const;
  http::Reply reply_of(const Asked& asked, std::span<const store::Observed> observed, bool is_list);
  /// Says what became of one, and counts it. Null: its error says nothing.
  std::string effect_of(const store::Observed* observed, const core::Launch& launch);

  const http::BearerToken& admin_;
  const http::BearerToken observer_;
  store::Observations& store_;
  store::Caller& database_;
  board::Board& board_;
  base::Metrics& metrics_;
  std::function<void()> changed_;
  boost::asio::any_io_executor background_;
  /// Each takes a connection and the lock of all writers; leases need the others. On the background thread.
  base::Semaphore permits_;
  mutable std::mutex mutex_;
  /// By the probe's name. Guarded by mutex_.
  std::map<std::string, core::FreshnessRule> rules_;
};

}  // namespace hardware
