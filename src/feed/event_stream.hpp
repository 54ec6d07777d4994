#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/metrics.hpp"
#include "board/board.hpp"
#include "feed/cache.hpp"
#include "http/message.hpp"

namespace feed {

struct StreamCore;

/// A board as server-sent events (events.hpp has their form). Resumes after Last-Event-ID or ?since=, on any replica
/// of the same database: then it sends what changed, and the rows that are not FRESH, whose growing old has no
/// revision. Otherwise it begins with the whole snapshot.
///
///   ?limit=N&offset=M  only the rows of that window, with counts of the whole board; the event `view` says that the
///                      window holds other rows now, and the client should ask again
///
/// Called on every core. `board` outlives it.
class EventStream {
 public:
  EventStream(board::Board& board, std::size_t cores, base::Metrics& metrics, const std::string& server);
  ~EventStream();

  boost::asio::awaitable<http::Reply> handle(const http::Request& request);

 private:
  std::vector<std::unique_ptr<StreamCore>> cores_;
};

}  // namespace feed
