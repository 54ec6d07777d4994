#pragma once

#include <memory>
#include <vector>

#include "base/offload.hpp"
#include "board/state.hpp"
#include "feed/cache.hpp"
#include "http/message.hpp"

namespace feed {

/// A view of all rows, however many. A small one is rendered where it is asked for; a large one, which takes tens of
/// milliseconds to render and more to compress, on a thread of its own, once for all who ask, so that no other request
/// of the core waits for it. Called on every core.
class WholeList {
 public:
  /// `kept_for`: as of Cache.
  WholeList(std::size_t cores, base::SteadyTime::duration kept_for, Cache::Render render);

  /// `exact`: as of this very state, not a moment earlier. Parameters outlive the await.
  boost::asio::awaitable<http::Reply> answer(const http::Request& request, board::StatePtr state, bool exact = false,
                                             std::string_view vary = "");

 private:
  std::shared_ptr<http::Prepared> large(const board::State& state, bool exact, bool gzip);

  base::SteadyTime::duration kept_for_;
  Cache::Render render_;
  /// By core.
  std::vector<Cache> small_;
  /// The latest large rendering. Touched on the pool's only thread.
  std::shared_ptr<http::Prepared> large_;
  std::uint64_t large_sequence_ = 0;
  base::SteadyTime large_since_;
  base::SteadyTime show_until_;
  base::OffloadPool pool_{"render", 1};
};

}  // namespace feed
