#pragma once

#include <string>

#include "board/board.hpp"
#include "http/message.hpp"

namespace portal {

/// `GET /badge/{provider}/{name}.svg`: a profile's level as a small picture, for READMEs and wikis. What it shows goes
/// stale with the row: "(old)", and UNKNOWN when it has expired. Called on every core.
class Badge {
 public:
  /// `board` outlives it.
  explicit Badge(board::Board& board) : board_(board) {}

  ///   ?label=TEXT  instead of the name
  boost::asio::awaitable<http::Reply> handle(const http::Request& request);

 private:
  board::Board& board_;
};

}  // namespace portal
