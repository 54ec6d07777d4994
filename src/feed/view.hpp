#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/lately.hpp"
#include "board/overview.hpp"
#include "board/selection.hpp"
#include "feed/events.hpp"

namespace feed {

/// The rows of a selection, as of one state.
struct Found {
  std::vector<core::RowPtr> rows;
  /// How many rows match, not only in the wanted part.
  std::size_t matching = 0;
  /// The choice that the filters of level, freshness and failure have; for a window, the whole board.
  board::Counts choice{};
  /// The cost of the search; next to nothing for a window of everything.
  base::Duration cost{0};
};

/// Finds the rows of selections, once per state for all clients of a core that look at the same. Not thread-safe.
class Finder {
 public:
  std::shared_ptr<const Found> find(const board::State& state, const board::Selection& selection);
  /// Of the whole board.
  const board::Counts& counts(const board::State& state, base::Time now) { return overview_.get(state, now).counts; }

 private:
  struct Entry {
    std::uint64_t sequence;
    std::shared_ptr<const Found> found;
  };
  static constexpr std::size_t kEntries = 64;

  board::OverviewCache overview_;
  base::Lately<board::Selection, Entry> entries_{kEntries};
};

/// The rows that one client of a selection has, and the events that update it: changed rows while the same ones are in
/// it, else a `view`, after which the client asks again. Not thread-safe.
class View {
 public:
  /// `finder` outlives it.
  View(Finder& finder, board::Selection selection) : finder_(finder), selection_(std::move(selection)) {}

  /// The events that bring the client to `state`; the first ones in the first call. `seen`: the version that the client
  /// has, if any. `resumes`: the changes after `seen` are known.
  std::string advance(const board::State& state, const std::optional<core::Version>& seen, bool resumes);

  /// Not to be called before: searching must not take more than a small part of a core, and a view that moves all the
  /// time must not be fetched all the time.
  base::SteadyTime next_look() const { return next_look_; }

 private:
  bool is_same(const board::State& state, const Found& found, const std::vector<core::ProfileId>& ids,
               const core::Version& seen) const;

  Finder& finder_;
  board::Selection selection_;
  bool begun_ = false;
  std::vector<core::ProfileId> ids_;
  base::Time looked_at_;
  base::SteadyTime next_look_;
};

}  // namespace feed
