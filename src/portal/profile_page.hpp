#pragma once

#include <memory>
#include <string>
#include <vector>

#include "board/board.hpp"
#include "http/message.hpp"

namespace portal {

/// `GET /profile/{provider}/{name}`: all facts about one profile, and commands to copy. Called on every core.
class ProfilePage {
 public:
  /// `board` outlives it. `public_url`: the portal's URL in commands and badges; "" is the reader's own address.
  ProfilePage(board::Board& board, std::size_t cores, std::string public_url = "");
  ~ProfilePage();

  http::Reply handle(const http::Request& request);

 private:
  struct Core;

  board::Board& board_;
  std::string public_url_;
  std::vector<std::unique_ptr<Core>> cores_;
};

}  // namespace portal
