#include "store/world.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/text.hpp"

namespace store {
namespace {

using core::Revision;

/// Gaps that are recorded: readers that are older than the oldest need everything.
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

Revision lock_board(sql::Session& session) {
  session.run("UPDATE board SET removed_since = removed_since WHERE id = 1");
  auto query = session.query("SELECT revision FROM board WHERE id = 1");
  query.step();
  return query.get<Revision>(0);
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
  spdlog::warn("the database went back behind what it was, as after a backup was put back; it gets a new epoch");
  return first;
}

std::vector<core::Gap> gaps(sql::Session& session) {
  std::vector<core::Gap> gaps;
  auto query = session.query("SELECT after_revision, before_revision FROM gap");
  while (query.step()) gaps.push_back({query.get<Revision>(0), query.get<Revision>(1)});
  return gaps;
}

}  // namespace store
