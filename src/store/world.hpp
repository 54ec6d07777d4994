#pragma once

#include <string>
#include <vector>

#include "core/change.hpp"
#include "sql/session.hpp"

/// Which world a revision belongs to. A restored backup undoes changes that readers have seen, and its revisions would
/// be given out a second time, for other changes. Two things keep a reader from taking one world for the other:
///
/// - A running process notices that the revision went backwards, and gives the database a new epoch.
/// - A starting process has no memory. It skips all revisions up to the database's clock in microseconds, more than any
///   world before can have given out, and records the gap. A reader whose revision lies in a gap has seen a lost world.
///
/// Every function runs in a transaction that writes, unless it says otherwise.
namespace store {

/// The one row of table `board`.
struct BoardRow {
  std::string epoch;
  core::Revision revision = 0;
  /// Deletions up to this revision are forgotten.
  core::Revision removed_since = 0;
};

/// Throws sql::Error: somebody deleted the row.
[[noreturn]] void throw_no_board();
/// For any transaction. Throws as throw_no_board() does.
BoardRow board_row(sql::Session& session);
/// Makes a new world when somebody deleted the row.
void mend_board(sql::Session& session);

/// Takes the board's lock, until the transaction ends; returns the revision.
core::Revision lock_board(sql::Session& session);

/// Skips revisions, as a start does.
void open_gap(sql::Session& session);

/// Makes a new world of a database whose revision went backwards behind `known`. Returns its first revision, which is
/// taken.
core::Revision start_new_world(sql::Session& session, core::Revision known);

/// All gaps that are recorded; for any transaction.
std::vector<core::Gap> gaps(sql::Session& session);

}  // namespace store
