#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "board/board.hpp"
#include "board/state.hpp"
#include "http/sse.hpp"

/// The events of a feed, both ways: for a writer to append, and a reader to parse.
///
///     snapshot  {"phase":"begin","epoch":…,"revision":…,"now":…,"total":…}
///     snapshot  {"phase":"rows","rows":[…]}                      several
///     snapshot  {"phase":"end"}                                  id: EPOCH-REVISION
///     change    {"now":…,"changed":[rows],"removed":[ids]}       id: EPOCH-REVISION; none when the rows only grew old
///     sets      {"sets":[{"name":…,"choices":["PROVIDER/NAME",…]},…],"dead_letters":N}
///                                                                no id; before the snapshot, and when they change
///     status    {"now":…,"outage":{"side":…,"since":…,"message":…}}    no id; the first event while a side is away
namespace feed {

/// The error for a `since` of another form.
inline constexpr std::string_view kSinceForm =
    "since must be EPOCH-REVISION, as the id of an event or an earlier answer gave it";

/// The counts that a client of a selection gets beside its rows.
struct ViewCounts {
  /// Counts of all rows that match the filters except those of level, freshness and failure.
  const board::Counts& choice;
  std::size_t matching;
};

void append_snapshot_begin(std::string& out, const board::State& state, base::Time now);
void append_snapshot_rows(std::string& out, std::span<const core::RowPtr> rows, base::Time now);
/// `counts` may be null.
void append_snapshot_end(std::string& out, const core::Version& version, const ViewCounts* counts = nullptr);

/// `version` is null when the rows only grew old; `counts` may be null.
void append_change(std::string& out, const core::Change& change, const core::Version* version, base::Time now,
                   const ViewCounts* counts = nullptr);

/// Appends "name":…,"choices":[…].
void append_set_names(std::string& out, const core::Set& set);
/// The sets, and the number of dead letters.
void append_sets(std::string& out, const board::State& state);

/// Appends the event of other rows, or another order, in a view, as of `version`.
void append_view(std::string& out, const core::Version& version, base::Time now, const ViewCounts& counts);

/// The event that comes after a while without another one, complete.
std::string heartbeat_event(const board::State& state);

/// Which side is away: {"now":…,"outage":{"side":…,"since":…,"message":…}}, or null in it. A board that was never
/// filled has no `now`, and null for `since`.
std::string status_json(const board::State& state);
/// Appends it without the braces.
void append_outage(std::string& out, const board::State& state);

/// Folds the events of one stream into a board. Used on the background thread.
class EventFolder {
 public:
  explicit EventFolder(board::Board& board) : board_(board) {}

  /// Throws std::runtime_error when the event is none of a feed.
  void fold(const http::SseEvent& event);

 private:
  void fold_snapshot(std::string_view data);
  void fold_change(const http::SseEvent& event);
  void fold_sets(std::string_view data);
  void fold_status(std::string_view data);

  board::Board& board_;
  core::Contents contents_;
  bool filling_now_ = false;
};

}  // namespace feed
