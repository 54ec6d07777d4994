#pragma once

#include "base/metrics.hpp"
#include "board/board.hpp"
#include "http/message.hpp"

namespace portal {

/// `GET /api/v1/wait?profile=PROVIDER/NAME&…`: answers when a condition holds, when the time is up, when the client
/// closes its sending side, or when the server drains, each time with what stands there now:
///
///     {"satisfied","version","now","held","unmatched":[patterns],"outage","more","rows":[rows with "holds_since"]}
///
/// Called on every core; `board` outlives it.
class Wait {
 public:
  /// `metrics` outlives it.
  Wait(board::Board& board, base::Metrics& metrics);

  boost::asio::awaitable<http::Reply> handle(const http::Request& request);

 private:
  board::Board& board_;
  prometheus::Gauge& waiting_;
};

}  // namespace portal
