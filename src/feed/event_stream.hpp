#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "base/metrics.hpp"
#include "board/attention.hpp"
#include "board/board.hpp"
#include "feed/cache.hpp"
#include "http/message.hpp"

namespace feed {

class StreamCore;

/// A client that has missed two of them knows within 10 s that its stream is dead, whatever proxies are between.
inline constexpr std::chrono::seconds kBrowserHeartbeat{4};
/// A portal that hears nothing for three of them goes to another replica (ReaderOptions::silence).
inline constexpr std::chrono::seconds kReplicaHeartbeat{2};

/// A board as server-sent events (events.hpp has their form). Resumes after Last-Event-ID or ?since=, on any replica
/// of the same database: then it sends what changed, and the rows that are not FRESH, whose growing old has no
/// revision. Otherwise it begins with the whole snapshot.
///
///   ?limit=N&offset=M&q=…  only the rows of that selection (selection_query.hpp), with counts of those that match but
///                          for level, freshness and failure; the event `view` says that other rows stand there now,
///                          and the client should ask again
///   ?view=QUERY&view=…     several of these at once, each with its own `since`: the event `for` says by its number
///                          which of them the following events are about
///
/// Called on every core. `board` outlives it.
class EventStream {
 public:
  /// `heartbeat`: after so long without an event one is sent that says no more than that. `server` is for the metrics.
  /// `attention`, which outlives it, counts streams of single profiles; it may be null.
  EventStream(board::Board& board, std::size_t cores, base::Metrics& metrics, const std::string& server,
              base::Duration heartbeat, board::Attention* attention = nullptr);
  ~EventStream();

  http::Reply handle(const http::Request& request);

 private:
  std::vector<std::shared_ptr<StreamCore>> cores_;
};

}  // namespace feed
