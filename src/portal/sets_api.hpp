#pragma once

#include <vector>

#include "board/board.hpp"
#include "feed/cache.hpp"
#include "feed/whole_list.hpp"
#include "http/message.hpp"

namespace portal {

/// The sets in JSON. No answer tells the time: two portals give the same bytes, and an ETag stays until something
/// changes. Called on every core; `board` outlives it.
class SetsApi {
 public:
  SetsApi(board::Board& board, std::size_t cores);

  /// `GET /api/v1/sets`: {"sets":[{"name","choices","counts","first"}],"outage"}. `first` is the row to take now, or
  /// null.
  http::Answer list(const http::Request& request);
  /// `GET /api/v1/sets/{set}`: one of them.
  http::Reply one(const http::Request& request);
  /// `GET /api/v1/sets/{set}/first?at_least=&…` (need_query.hpp): the row to take now, and why each preferred one is
  /// not: {"set","at_least",…,"choice","first","passed":[{"choice","code","why","row"}],"passed_total","outage"}.
  /// `first` is null when none can be taken.
  http::Reply first(const http::Request& request);

 private:
  board::Board& board_;
  feed::WholeList list_;
  /// Of single sets, by core.
  std::vector<feed::Cache> caches_;
};

}  // namespace portal
