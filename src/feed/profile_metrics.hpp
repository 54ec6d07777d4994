#pragma once

#include "board/board.hpp"
#include "http/message.hpp"

namespace feed {

/// `GET /metrics/profiles?q=&…` (feed/selection_query.hpp): the numbers of each profile, in Prometheus' text format.
/// Apart from /metrics, since not everybody wants a time series per profile. Called on every core; `board`
/// outlives it.
class ProfileMetrics {
 public:
  explicit ProfileMetrics(board::Board& board) : board_(board) {}

  http::Reply handle(const http::Request& request);

 private:
  board::Board& board_;
};

}  // namespace feed
