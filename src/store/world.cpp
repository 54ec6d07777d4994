#include "store/world.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/text.hpp"
#include "sql/error.hpp"

namespace store {
namespace {

using core::Revision;

/// The number of recorded gaps. A reader older than the oldest takes a whole snapshot.
constexpr std::int64_t kGapsKept = 1000;

/// The database's clock as a revision.
Revision revision_of_clock(sql::Session& session) {
  return session.now().time_since_epoch().count();
}

void forget_old_gaps(sql::Session& session) {
  auto oldest =
      session.query("SELECT before_revision FROM gap ORDER BY before_revision DESC LIMIT 1 OFFSET ?", kGapsKept);
  if (!oldest.step()) return;
  const auto revision = oldest.get<Revision>(0);
  session.run("UPDATE board SET removed_since = ? WHERE id = 1 AND removed_since < ?", revision, revision);
  session.run("DELETE FROM gap WHERE before_revision <= ?", revision);
}

}  // namespace

void throw_no_board() {
  throw sql::Error(sql::ErrorKind::other,
                   "table board has lost its row, which orders all changes; run 'hardware migrate' or start the "
                   "service again: that makes another one, and every reader loads everything again");
}

BoardRow board_row(sql::Session& session) {
  auto query = session.query("SELECT epoch, revision, removed_since FROM board WHERE id = 1");
  if (!query.step()) throw_no_board();
  return {query.get<std::string>(0), query.get<Revision>(1), query.get<Revision>(2)};
}

void mend_board(sql::Session& session) {
  if (session.query("SELECT 1 FROM board WHERE id = 1").step()) return;
  Revision last = revision_of_clock(session);
  for (const char* used :
       {"SELECT MAX(revision) FROM hardware", "SELECT MAX(revision) FROM reading", "SELECT MAX(revision) FROM removed",
        "SELECT MAX(revision) FROM transition", "SELECT MAX(before_revision) FROM gap"}) {
    auto query = session.query(used);
    query.step();
    last = std::max(last, query.get<std::optional<Revision>>(0).value_or(0));
  }
  session.run("INSERT INTO board (id, epoch, revision, removed_since) VALUES (1, ?, ?, ?)", base::random_hex(8),
              last + 1, last);
  spdlog::warn("table board had lost its row; it has another one, with a new epoch");
}

Revision lock_board(sql::Session& session) {
  session.run("UPDATE board SET removed_since = removed_since WHERE id = 1");
  return board_row(session).revision;
}

void open_gap(sql::Session& session) {
  const Revision last = lock_board(session);
  const Revision next = std::max(last + 1, revision_of_clock(session));
  session.run("UPDATE board SET revision = ? WHERE id = 1", next);
  session.run("INSERT INTO gap (before_revision, after_revision) VALUES (?, ?)", next, last);
  forget_old_gaps(session);
}

Revision start_new_world(sql::Session& session, Revision known) {
  const Revision first = std::max(known + 1, revision_of_clock(session));
  session.run("UPDATE board SET epoch = ?, revision = ? WHERE id = 1", base::random_hex(8), first);
  spdlog::warn("the database revision went backwards (restored backup?); it gets a new epoch");
  return first;
}

std::vector<core::Gap> gaps(sql::Session& session) {
  std::vector<core::Gap> gaps;
  auto query = session.query("SELECT after_revision, before_revision FROM gap");
  while (query.step()) gaps.push_back({query.get<Revision>(0), query.get<Revision>(1)});
  return gaps;
}

}  // namespace store
