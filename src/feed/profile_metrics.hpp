#pragma once

#include "board/board.hpp"
#include "http/router.hpp"

namespace feed {

/// `GET /metrics/profiles?q=&…` (feed/selection_query.hpp): what is known of each profile, in Prometheus' text format.
/// Apart from /metrics, since a time series per profile is only for those who want it. Called on every core; `board`
/// outlives it.
class ProfileMetrics {
 public:
  explicit ProfileMetrics(board::Board& board) : board_(board) {}

  http::Router routes();

 private:
  boost::asio::awaitable<http::Reply> answer(const http::Request& request);

  board::Board& board_;
};

}  // namespace feed
