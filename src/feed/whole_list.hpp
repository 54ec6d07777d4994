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
  /// Rendering and compressing so many rows takes about 2 ms.
  static constexpr std::size_t kSmallRows = 1000;

  /// `kept_for`: as of Cache. A board of up to `small_rows` is rendered where it is asked for.
  WholeList(std::size_t cores, base::SteadyTime::duration kept_for, Cache::Render render,
            std::size_t small_rows = kSmallRows);

  /// `exact`: as of this very state, not a moment earlier. `request` and `vary` outlive the answer.
  http::Answer answer(const http::Request& request, board::StatePtr state, bool exact = false,
                      std::string_view vary = "");

 private:
  boost::asio::awaitable<http::Reply> answer_large(const http::Request& request, board::StatePtr state, bool exact,
                                                   std::string_view vary);
  std::shared_ptr<http::Prepared> large(const board::State& state, bool exact, bool gzip);

  base::SteadyTime::duration kept_for_;
  Cache::Render render_;
  std::size_t small_rows_;
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
