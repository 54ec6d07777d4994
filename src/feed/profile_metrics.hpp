#pragma once

#include "board/board.hpp"
#include "http/message.hpp"

namespace feed {

/// `GET /metrics/profiles?q=&…` (feed/selection_query.hpp): what is known of each profile, in Prometheus' text format.
/// Apart from /metrics, since a time series per profile is only for those who want it. Called on every core; `board`
/// outlives it.
class ProfileMetrics {
 public:
  explicit ProfileMetrics(board::Board& board) : board_(board) {}

  boost::asio::awaitable<http::Reply> handle(const http::Request& request);

 private:
  board::Board& board_;
};

}  // namespace feed
