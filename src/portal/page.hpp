#pragma once

#include <memory>
#include <string>
#include <vector>

#include "board/board.hpp"
#include "feed/whole_list.hpp"
#include "http/message.hpp"

namespace portal {

/// `GET /`: the dashboard, a hundred rows a page; the original system's lines for terminals. Called on every core.
///
///   ?q=…&offset=N&limit=M  which rows (feed/selection_query.hpp)
///   ?columns=provider,note which of those that a reader may leave out
///   ?wall=1                for a large display, the worst first
class Page {
 public:
  /// `public_url`: the portal's URL in commands; "" is the reader's own address.
  Page(board::Board& board, std::size_t cores, std::string public_url = "");
  ~Page();

  http::Answer handle(const http::Request& request);

 private:
  /// The renderers of one core.
  struct Core;

  board::Board& board_;
  std::string public_url_;
  feed::WholeList text_;
  std::vector<std::unique_ptr<Core>> cores_;
};

}  // namespace portal
