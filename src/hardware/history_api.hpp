#pragma once

#include <mutex>
#include <optional>

#include "board/board.hpp"
#include "feed/history_query.hpp"
#include "hardware/history_pool.hpp"
#include "http/message.hpp"
#include "store/history.hpp"

namespace hardware {

/// The past, from the database. Called on every core; the references outlive it.
class HistoryApi {
 public:
  /// `history` has HistoryPool::kThreads connections.
  HistoryApi(board::Board& board, store::History& history, base::Metrics& metrics, HistoryPool::Limits limits = {});

  /// GET /hardware/{id}/history?from=…&to=… (feed/history_query.hpp):
  /// {"id","provider","name","from","to","now","span","transitions":[…],"numbers":{"free":[…]},"stale_at","expires_at",
  /// "calibration"}.
  /// Where the limit leaves transitions out, `from` is when the first one that is there began.
  boost::asio::awaitable<http::Reply> history(const http::Request& request);
  /// GET /hardware/at?time=…&after=PROVIDER/NAME&limit=N: {"time","now","next","hardware":[rows]}.
  boost::asio::awaitable<http::Reply> at(const http::Request& request);
  /// GET /hardware/transitions?limit=N: {"now","transitions":[…]} of all profiles, the last written first; with
  /// `id=ID&id=ID` of these alone, by time.
  boost::asio::awaitable<http::Reply> transitions(const http::Request& request);

  /// GET /hardware/calibration?since=…:
  /// {"from","to","now","calibration":{…},"more","profiles":[{"id","provider","name", "calibration"}]}: launches by
  /// what was said when they began; the profiles with most of them.
  boost::asio::awaitable<http::Reply> calibration(const http::Request& request);

  /// For other answers from history.
  HistoryPool& pool() { return pool_; }
  /// Why the past cannot be told now; nothing when it can.
  std::optional<http::Reply> objection(const board::State& state) const;

  /// How long history is kept from now on; numbers that are not kept are not answered. Without transitions all of them
  /// answer 501.
  void keep(const core::Retention& retention);

 private:
  http::Reply past_of(const board::State& state, core::ProfileId id, const feed::HistoryRange& range, base::Time now);
  void append_numbers(std::string& out, core::ProfileId id, const feed::HistoryRange& range);
  http::Reply calibration(const board::State& state, const store::Between& between, base::Time now);
  http::Reply board_at(base::Time time, const core::ProfileKey& after, std::size_t limit, base::Time now);

  board::Board& board_;
  store::History& history_;
  HistoryPool pool_;
  core::Retention kept() const;

  mutable std::mutex mutex_;
  core::Retention kept_;
};

}  // namespace hardware
