#pragma once

#include <boost/asio/awaitable.hpp>
#include <kainjow/mustache.hpp>

#include "board/board.hpp"
#include "http/message.hpp"
#include "portal/history.hpp"

namespace portal {

/// `GET /at?time=TIME&q=WORDS&after=PLACE`: the board as it was at a past time, a part at a time. Without a time, only
/// the form that asks for one. Called on every core.
class PastPage {
 public:
  /// Both outlive it.
  PastPage(board::Board& board, History& history);

  boost::asio::awaitable<http::Reply> handle(const http::Request& request);

 private:
  /// Sends `page`, which the history's thread renders. `of`: what it shows besides the request.
  boost::asio::awaitable<http::Reply> send(const http::Request& request, std::string_view of,
                                           kainjow::mustache::data page);

  board::Board& board_;
  History& history_;
  /// Of the one thread that does the history's work.
  kainjow::mustache::mustache template_;
};

}  // namespace portal
