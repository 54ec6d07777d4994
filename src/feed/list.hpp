#pragma once

#include "board/board.hpp"
#include "feed/whole_list.hpp"
#include "http/message.hpp"

namespace feed {

/// `GET /hardware/`: the whole board as a JSON array ordered by provider and name, which the original system's clients
/// understand. Never waits for a probe.
///
///   ?wait=SECONDS         answers when nothing is PENDING, the time is up, or the client closes its sending side
///   ?since=EPOCH-REVISION answers {"epoch","revision","now","changed","removed"} instead; 410 when that is too old
///
/// Called on every core. `board` outlives it.
class List {
 public:
  explicit List(board::Board& board, std::size_t cores);

  http::Answer handle(const http::Request& request);

 private:
  boost::asio::awaitable<http::Reply> answer_later(const http::Request& request, base::Duration longest);
  http::Answer answer(const http::Request& request, bool exact);
  /// `connection` may be null.
  boost::asio::awaitable<void> wait(http::Connection* connection, board::CoreBoard& board, base::Duration timeout);
  http::Reply since(const board::State& state, std::string_view text) const;

  board::Board& board_;
  WholeList rows_;
};

}  // namespace feed
