#pragma once

#include <memory>
#include <string>
#include <vector>

#include "board/board.hpp"
#include "http/message.hpp"

namespace portal {

/// `GET /set/{set}?at_least=&…` (need_query.hpp): the choices of a set in their order, which one to take now, why not
/// the others, and commands to copy. Called on every core.
class SetPage {
 public:
  /// `board` outlives it. `public_url`: the portal's URL in commands; "" is the reader's own address.
  SetPage(board::Board& board, std::size_t cores, std::string public_url = "");
  ~SetPage();

  http::Reply handle(const http::Request& request);

 private:
  struct Core;

  board::Board& board_;
  std::string public_url_;
  std::vector<std::unique_ptr<Core>> cores_;
};

}  // namespace portal
