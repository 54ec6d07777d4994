#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "board/matching.hpp"
#include "board/state.hpp"

namespace board {

/// The rows of a selection, kept up to date from state to state. A change costs as much as its rows: all rows are
/// looked at again only when one comes into the wanted part, or leaves it, that stands outside of it now. Not
/// thread-safe.
class LiveSelection {
 public:
  explicit LiveSelection(Selection selection) : selection_(std::move(selection)) {}
  LiveSelection(const LiveSelection&) = delete;
  LiveSelection& operator=(const LiveSelection&) = delete;

  /// Brings it to `state`, of which the rows are as old as at its `aged_until`.
  void advance(const State& state);

  const Selection& selection() const { return selection_; }
  /// The wanted part.
  const std::vector<core::RowPtr>& rows() const { return rows_; }
  /// The rows of it that changed, or aged, after the state with this sequence number.
  std::vector<core::RowPtr> touched_after(std::uint64_t sequence) const;
  /// How many rows match, not only in the wanted part.
  std::size_t matching() const { return matching_; }
  /// The choice that the filters of level, freshness and failure have; for a window, the whole board.
  const Counts& choice() const { return choice_; }

  /// The sequence number of the latest state in which any of this became another; and in which other rows than before
  /// stood in the wanted part, or in another order, or the selection's set became another one.
  std::uint64_t changed() const { return changed_; }
  std::uint64_t moved() const { return moved_; }
  /// The cost of a look at all rows, if the present state took one.
  base::Duration cost() const { return cost_; }

 private:
  bool takes_set_of(const State& state);
  void select_all(const State& state);
  void fold(const core::Snapshot::Step& step, const Update& update);
  bool count_out(const core::Row& row, base::Time now);
  bool count_in(const core::Row& row, base::Time now);
  bool is_same_place(const core::Row& a, const core::Row& b, const Update& update) const;
  bool stands_before(const core::RowPtr& a, const core::RowPtr& b, base::Time now) const;
  void keep_places();
  void take_out(std::size_t place);
  void put_in(const core::RowPtr& row, bool complete, const Update& update);
  std::size_t expected() const;

  const Selection selection_;
  /// Of the latest state; null before the first.
  std::shared_ptr<const core::Sets> sets_;
  std::optional<Filter> filter_;
  std::vector<core::RowPtr> rows_;
  /// The sequence number of each row's latest change.
  std::vector<std::uint64_t> touched_;
  /// During advance(): the ids of the rows before their first move.
  std::optional<std::vector<core::ProfileId>> places_;
  std::size_t matching_ = 0;
  Counts choice_;
  std::optional<std::uint64_t> sequence_;
  std::uint64_t changed_ = 0;
  std::uint64_t moved_ = 0;
  base::Duration cost_{0};
  /// All rows must be looked at.
  bool lost_ = false;
};

}  // namespace board
