#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "board/state.hpp"
#include "http/answer.hpp"

namespace feed {

/// For views that tell the time, from which their readers count ages, also when nothing happens for long.
constexpr std::chrono::seconds kTellsTime{1};

/// The rendered views of a board on one core. Rendered lazily, and a view that is asked for all the time takes at most
/// a tenth of the core: after a rendering that took 5 ms, it is shown for 50 ms whatever happens. Not thread-safe.
class Cache {
 public:
  /// `kept_for`: how long a view is right while the state stays the same. `capacity`: how many views are kept, the
  /// least recently used goes first.
  explicit Cache(base::SteadyTime::duration kept_for = base::SteadyTime::duration::max(), std::size_t capacity = 64)
      : kept_for_(kept_for), capacity_(capacity) {}

  using Render = std::function<http::Prepared(const board::State&)>;

  /// The view named `key` of `state`. `exact`: as of this very state, not a moment earlier.
  http::Prepared& get(const std::string& key, const board::State& state, const Render& render, bool exact = false);

 private:
  struct Entry {
    std::string key;
    std::uint64_t sequence;
    base::SteadyTime rendered_at;
    base::SteadyTime show_until;
    http::Prepared prepared;
  };

  base::SteadyTime::duration kept_for_;
  std::size_t capacity_;
  /// Most recently used first.
  std::list<Entry> entries_;
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key_;
};

}  // namespace feed
