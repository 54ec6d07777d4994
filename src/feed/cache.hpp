#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/lately.hpp"
#include "board/state.hpp"
#include "http/answer.hpp"

namespace feed {

/// How long a view is right while the state stays the same: one that tells the time, from which its readers count ages,
/// and one that does not.
constexpr base::SteadyTime::duration kTellsTime = std::chrono::seconds{1};
constexpr base::SteadyTime::duration kTellsNoTime = base::SteadyTime::duration::max();

/// The rendered views of a board on one core. Rendered lazily, and a view that is asked for all the time takes at most
/// a tenth of the core: after a rendering that took 5 ms, it is shown for 50 ms whatever happens. Not thread-safe.
class Cache {
 public:
  /// `kept_for`: kTellsTime or kTellsNoTime. `capacity`: how many views are kept.
  explicit Cache(base::SteadyTime::duration kept_for, std::size_t capacity = 64)
      : kept_for_(kept_for), entries_(capacity) {}

  using Render = std::function<http::Prepared(const board::State&)>;

  /// The view named `key`, unless it must be rendered again for `state`.
  http::Prepared* find(std::string_view key, const board::State& state, bool exact = false);

  /// The view named `key` of `state`. `exact`: as of this very state, not a moment earlier.
  http::Prepared& get(std::string_view key, const board::State& state, const Render& render, bool exact = false);

 private:
  struct Entry {
    std::uint64_t sequence;
    base::SteadyTime rendered_at;
    base::SteadyTime show_until;
    http::Prepared prepared;
  };

  base::SteadyTime::duration kept_for_;
  base::Lately<std::string, Entry> entries_;
};

}  // namespace feed
