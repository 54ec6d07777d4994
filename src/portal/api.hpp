#pragma once

#include <vector>

#include "board/board.hpp"
#include "feed/cache.hpp"
#include "http/message.hpp"

namespace portal {

/// The answer before the first snapshot.
http::Reply not_filled();

/// The public API's answers. Called on every core; `board` outlives it.
class Api {
 public:
  Api(board::Board& board, std::size_t cores);

  /// `GET /api/v1/hardware?limit=&offset=`: {"version","now","total","offset","limit","next","hardware":[rows]}.
  boost::asio::awaitable<http::Reply> list(const http::Request& request);
  /// `GET /api/v1/hardware/{provider}/{name}`: one row.
  boost::asio::awaitable<http::Reply> one(const http::Request& request);

 private:
  board::Board& board_;
  /// By core.
  std::vector<feed::Cache> caches_;
};

}  // namespace portal
