#pragma once

#include <chrono>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "board/attention.hpp"
#include "board/board.hpp"
#include "http/message.hpp"

namespace portal {

/// `GET /api/v1/wait?profile=PROVIDER/NAME&…`, or `?set=NAME`: answers when a condition holds, when the time is up,
/// when the client closes its sending side, when the server drains, or after kLongestWait, each time with the present
/// rows:
///
///     {"satisfied","version","now","held","unmatched":[patterns],"outage","more","rows":[rows with "holds_since"]}
///
/// Of a set, the rows are in the order of preference: the first one is to be taken. A set that changes meanwhile is
/// waited for as it is then.
///
/// Called on every core; `board` outlives it.
class Wait {
 public:
  /// Proxies end a request that is silent for 50 or 60 s.
  static constexpr std::chrono::seconds kLongestWait{45};

  /// `attention`, which counts single profiles that are waited for, and `metrics` outlive it. No request is held longer
  /// than `longest`.
  Wait(board::Board& board, board::Attention& attention, base::Metrics& metrics, base::Duration longest = kLongestWait);

  boost::asio::awaitable<http::Reply> handle(const http::Request& request);

 private:
  board::Board& board_;
  board::Attention& attention_;
  base::Duration longest_;
  prometheus::Gauge& waiting_;
};

}  // namespace portal
