#pragma once

#include <memory>
#include <vector>

#include "board/board.hpp"
#include "feed/whole_view.hpp"
#include "http/message.hpp"

namespace portal {

/// `GET /`: the dashboard, a hundred rows a page; the original system's lines for terminals. Called on every core.
///
///   ?q=…&offset=N&limit=M  which rows (feed/selection_query.hpp)
///   ?wall=1                for a large display
class Page {
 public:
  Page(board::Board& board, std::size_t cores);
  ~Page();

  boost::asio::awaitable<http::Reply> handle(const http::Request& request);

 private:
  /// What one core needs to render.
  struct Core;

  board::Board& board_;
  feed::WholeView text_;
  std::vector<std::unique_ptr<Core>> cores_;
};

}  // namespace portal
