#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "board/core_board.hpp"
#include "board/held.hpp"
#include "core/condition.hpp"

namespace board {

/// Follows one condition on one core's board. Scans all rows once, and again after a reset; otherwise looks at the rows
/// of updates only. Keeps at most kMostFollowed rows, so that many clients may wait on a large board. Used on the
/// board's core.
class Tracker {
 public:
  /// The largest number of followed profiles, those that satisfy first. More may not match where all must satisfy.
  static constexpr std::size_t kMostFollowed = 500;

  /// `held`: the last holds of an earlier tracker of the same condition, in any process.
  explicit Tracker(core::Condition condition, Held held = {});

  /// Brings it to the board's current state.
  void advance(const CoreBoard& board, base::Time now);

  struct Verdict {
    bool satisfied = false;
    /// When it is satisfied without a further update; nothing when it is not.
    std::optional<base::Time> next;
  };
  Verdict judge(base::Time now) const;

  /// More profiles match than are followed.
  bool overflowed() const { return overflowed_; }
  /// The patterns that match no profile.
  std::vector<std::string> unmatched() const;

  struct Match {
    core::RowPtr row;
    /// Nothing while it does not satisfy.
    std::optional<core::Hold> hold;
  };
  /// The followed profiles that match, in order of their keys; with `satisfying`, those that have satisfied for as long
  /// as the condition asks.
  std::vector<Match> matches(base::Time now, bool satisfying) const;

  /// The holds that a later tracker needs to go on from here; empty when nothing must hold for a time. Where a single
  /// profile suffices, only the longest holds.
  Held held(base::Time now) const;

 private:
  void scan(const core::Snapshot& snapshot, base::Time now);
  void fold(const core::Change& change, base::Time now);
  void follow(const core::RowPtr& row, base::Time now);
  void forget(core::ProfileId id);
  bool make_room(bool wanted, base::Time now);
  std::optional<core::Hold> carried(const core::ProfileKey& key) const;
  bool matched(std::size_t pattern) const;

  core::Condition condition_;
  /// Holds from before the scan that comes next.
  Held carried_;
  /// Their holds may have ended by age.
  std::unordered_map<core::ProfileId, Match> followed_;
  /// When there is no more room: until then, all of them have a hold that has not ended.
  base::Time held_until_ = base::Time::min();
  /// By pattern: did it match a row in the scan?
  std::vector<bool> seen_;
  bool overflowed_ = false;
  /// The state that it has seen; 0 before the first.
  std::uint64_t sequence_ = 0;
};

}  // namespace board
