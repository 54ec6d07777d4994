#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "board/board.hpp"
#include "board/selection.hpp"
#include "http/message.hpp"
#include "portal/history.hpp"

namespace portal {

/// `GET /feed.atom?q=…&limit=N`: the latest changes of level and freshness as an Atom feed, to subscribe to. Called on
/// every core; the references outlive it.
///
///   ?set=…&q=…&provider=…&label.region=…  of which profiles (feed/selection_query.hpp)
///   &level=HIGH&freshness=FRESH     to which states
///   &limit=N                        how many entries
class ChangeFeed {
 public:
  /// `public_url`: the portal's URL in links; "" is the reader's own address.
  ChangeFeed(board::Board& board, History& history, std::string public_url = "")
      : board_(board), history_(history), public_url_(std::move(public_url)) {}

  boost::asio::awaitable<http::Reply> handle(const http::Request& request);

 private:
  /// On the background thread. `root`: the portal's URL.
  boost::asio::awaitable<Drawing> draw(board::StatePtr state, board::Selection selection, std::string root);

  board::Board& board_;
  History& history_;
  std::string public_url_;
};

/// The feed of a view, "feed.atom?…", relative to the portal's root: without the bounds of numbers, failures and order,
/// which belong to the present alone.
std::string feed_url(const board::Selection& view);

}  // namespace portal
