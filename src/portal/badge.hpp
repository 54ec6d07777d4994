#pragma once

#include <string>
#include <vector>

#include "board/board.hpp"
#include "board/selection.hpp"
#include "feed/cache.hpp"
#include "http/message.hpp"

namespace portal {

/// Small pictures for READMEs and wikis. Called on every core.
///
///   ?label=TEXT  on its left side, instead of the name
class Badge {
 public:
  /// `board` outlives it.
  Badge(board::Board& board, std::size_t cores) : board_(board), cores_(cores) {}

  /// `GET /badge/{provider}/{name}.svg`: a profile's level. It goes stale with the row: "(old)", and UNKNOWN when that
  /// has expired.
  http::Reply profile(const http::Request& request);
  /// `GET /badge.svg?q=…` (feed/selection_query.hpp): how many of the profiles that match have which level.
  http::Reply list(const http::Request& request);
  /// `GET /badge/{provider}.svg?q=…`: likewise of a provider.
  http::Reply provider(const http::Request& request);
  /// `GET /set/{set}/badge.svg?at_least=&…` (need_query.hpp): which profile of a set to take now.
  http::Reply set(const http::Request& request);

 private:
  struct Core {
    feed::Cache cache{feed::kTellsTime};
  };

  http::Reply counts(const http::Request& request, std::string_view provider);

  board::Board& board_;
  std::vector<Core> cores_;
};

/// The filters of `selection`, which a badge has, without order and part.
board::Selection badge_selection(board::Selection selection);

}  // namespace portal
