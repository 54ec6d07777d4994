// Profiles that readers watch or wait for.
#include <algorithm>

#include "store/sql_store.hpp"

namespace store {
namespace {

/// A clock that was ahead may have left later ends; portals say again what they want long before.
constexpr std::chrono::minutes kLongestWant{2};

struct Waiting {
  TaskId task;
  core::ProfileId profile;
  base::Time due;
  std::optional<base::Time> must;
  std::optional<base::Time> ran;
};

/// Locks those of `ids` that nobody runs. REQUIRES: sorted ids.
std::vector<Waiting> lock_waiting(sql::Session& session, std::span<const TaskId> ids) {
  const std::string text = sql::with_list("SELECT id, profile_id, due, must, ran FROM task WHERE id",
                                          fmt::format(" AND owner = ''{}", session.dialect().for_update));
  std::vector<Waiting> waiting;
  sql::for_each_list(ids, [&](std::span<const TaskId> part) {
    auto query = session.query(text, part);
    while (query.step())
      waiting.push_back({query.get<TaskId>(0), query.get<core::ProfileId>(1), query.get<base::Time>(2),
                         query.get<std::optional<base::Time>>(3), query.get<std::optional<base::Time>>(4)});
  });
  return waiting;
}

std::vector<TaskId> tasks_of(sql::Session& session, const std::string& probe, bool batched,
                             std::span<const core::ProfileId> profiles) {
  static const std::string kEach = sql::with_list("SELECT id FROM task WHERE probe = ? AND profile_id");
  std::vector<TaskId> ids;
  const auto add = [&ids](sql::Query query) {
    while (query.step()) ids.push_back(query.get<TaskId>(0));
  };
  if (batched)
    add(session.query("SELECT id FROM task WHERE probe = ? AND profile_id < 0", probe));
  else
    sql::for_each_list(profiles,
                       [&](std::span<const core::ProfileId> part) { add(session.query(kEach, probe, part)); });
  std::ranges::sort(ids);
  return ids;
}

/// Sets when a task runs next, and tells readers of its profiles.
void reschedule(sql::Session& session, const Waiting& one, const std::string& probe, const core::NextRun& next,
                core::Revision revision) {
  session.run("UPDATE task SET due = ?, must = ? WHERE id = ?", next.due, one.must.value_or(one.due), one.task);
  const auto reason = core::to_string(next.reason);
  if (one.profile < 0)
    session.run("UPDATE reading SET revision = ?, due_at = ?, due_reason = ? WHERE probe = ?", revision, next.due,
                reason, probe);
  else
    session.run("UPDATE reading SET revision = ?, due_at = ?, due_reason = ? WHERE profile_id = ?", revision, next.due,
                reason, one.profile);
}

}  // namespace

void SqlStore::want(std::span<const core::ProfileId> profiles, base::Duration period) {
  static const sql::RowsStatement kSql("REPLACE INTO demand (profile_id, ends) VALUES ", 2);
  const base::Time now = this->now();
  std::vector<core::ProfileId> ids(profiles.begin(), profiles.end());
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  write([&](sql::Transaction& tx) {
    tx->run("DELETE FROM demand WHERE ends <= ? OR ends > ?", now, now + kLongestWant);
    std::vector<core::ProfileId> known;
    auto query = tx->query("SELECT profile_id FROM demand ORDER BY profile_id");
    while (query.step()) known.push_back(query.get<core::ProfileId>(0));
    std::size_t room = kMostWanted - std::min(kMostWanted, known.size());
    std::vector<core::ProfileId> taken;
    for (const core::ProfileId id : ids)
      if (std::ranges::binary_search(known, id) || (room > 0 && room-- > 0)) taken.push_back(id);
    kSql.run(*tx, std::span<const core::ProfileId>(taken),
             [&](sql::Query& row, core::ProfileId id) { row.bind(id, now + period); });
  });
}

std::vector<core::ProfileId> SqlStore::wanted() {
  return with_session([](sql::Session& session) {
    std::vector<core::ProfileId> ids;
    auto query = session.query(fmt::format("SELECT profile_id FROM demand WHERE ends > {0} AND ends <= {0} + ?"
                                           " ORDER BY profile_id LIMIT ?",
                                           session.dialect().now),
                               base::Duration{kLongestWant}, kMostWanted);
    while (query.step()) ids.push_back(query.get<core::ProfileId>(0));
    return ids;
  });
}

void SqlStore::hasten(const std::string& probe, bool batched, std::span<const core::ProfileId> profiles,
                      const core::RefreshRule& rule) {
  const auto ids = with_session([&](sql::Session& session) { return tasks_of(session, probe, batched, profiles); });
  if (ids.empty()) return;
  const base::Time now = this->now();
  write([&](sql::Transaction& tx) {
    const core::Revision revision = next_revision(*tx);
    bool hastened = false;
    for (const Waiting& one : lock_waiting(*tx, ids)) {
      // One that may have run just now waits a whole period.
      core::NextRun next = core::next_run(rule, true, one.ran.value_or(now), {});
      next.due = std::max(next.due, now);
      if (next.due >= one.due) continue;
      hastened = true;
      reschedule(*tx, one, probe, next, revision);
    }
    if (!hastened) tx.rollback();
  });
}

base::Time SqlStore::put_off(std::span<const TaskId> ids, const Wanted& wanted) {
  return write([&](sql::Transaction& tx) {
    const core::Revision revision = next_revision(*tx);
    const base::Time now = tx->now();
    base::Time first = now + wanted.promise->retry;
    bool any = false;
    for (const Waiting& one : lock_waiting(*tx, ids)) {
      if (one.due > now || !one.must || *one.must <= now) continue;  // another replica was faster
      any = true;
      const base::Time due = std::min(*one.must, now + wanted.promise->retry);
      reschedule(*tx, one, wanted.probe, {due, core::DueReason::budget}, revision);
      first = std::min(first, due);
    }
    if (!any) tx.rollback();
    return first;
  });
}

}  // namespace store
