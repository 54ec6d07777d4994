#pragma once

#include <boost/asio/awaitable.hpp>

#include "board/board.hpp"
#include "http/message.hpp"
#include "portal/history.hpp"

namespace portal {

/// The past in the public API. Called on every core; the references outlive it.
class HistoryApi {
 public:
  HistoryApi(board::Board& board, History& history) : board_(board), history_(history) {}

  /// `GET /api/v1/hardware/{provider}/{name}/history?since=7d&…` (feed/history_query.hpp): the hardware service's
  /// answer.
  boost::asio::awaitable<http::Reply> json(const http::Request& request);
  /// `GET /api/v1/hardware/{provider}/{name}/history.csv?…`: a line for each transition; with `numbers=1` for each
  /// bucket of a number instead.
  boost::asio::awaitable<http::Reply> csv(const http::Request& request);
  /// `GET /api/v1/hardware?at=TIME&…`: {"time","now","limit","next","hardware":[rows]}.
  boost::asio::awaitable<http::Reply> board_at(const http::Request& request);

  /// `GET /api/v1/calibration?since=30d`: the hardware service's answer.
  boost::asio::awaitable<http::Reply> calibration(const http::Request& request);

 private:
  struct Asked;
  /// The profile and the time of a request. An error is its answer.
  std::expected<Asked, http::Reply> asked(const http::Request& request, std::string_view further = "") const;

  board::Board& board_;
  History& history_;
};

}  // namespace portal
