#pragma once

#include <boost/asio/awaitable.hpp>
#include <kainjow/mustache.hpp>

#include "board/board.hpp"
#include "http/message.hpp"
#include "portal/history.hpp"
#include "portal/history_data.hpp"

namespace portal {

/// `GET /profile/{provider}/{name}/history?days=30`: pictures of a profile's past, made by the thread that reads it. A
/// document of its own: the profile's page waits for nothing, and a script puts this into it. Called on every core.
class HistoryPage {
 public:
  /// Both outlive it.
  HistoryPage(board::Board& board, History& history);

  boost::asio::awaitable<http::Reply> handle(const http::Request& request);

 private:
  /// On the history's thread.
  http::Prepared draw(const HistoryAnswer& answer, const core::Row& row, const LookBack& look_back);

  board::Board& board_;
  History& history_;
  /// Of the one thread that does the history's work.
  kainjow::mustache::mustache template_;
};

}  // namespace portal
