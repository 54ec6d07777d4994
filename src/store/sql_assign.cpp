#include <map>
#include <random>
#include <unordered_map>

#include "store/sql_store.hpp"

namespace store {
namespace {

using core::Revision;

/// Assignments per transaction, so that nobody waits long for the lock while 100,000 profiles are assigned.
constexpr std::size_t kAssignmentsPerTransaction = 4096;

/// Those of `assignments` that change something.
std::vector<Assignment> changes_of(sql::Session& session, std::span<const Assignment> assignments) {
  static const std::string kSql = sql::with_list("SELECT profile_id, probe FROM reading WHERE profile_id");
  std::vector<Assignment> changes;
  sql::for_each_list(assignments, [&](std::span<const Assignment> part) {
    std::unordered_map<core::ProfileId, const Assignment*> wanted;
    std::vector<core::ProfileId> ids;
    for (const Assignment& assignment : part) {
      wanted[assignment.profile] = &assignment;
      ids.push_back(assignment.profile);
    }
    auto query = session.query(kSql, std::span<const core::ProfileId>(ids));
    while (query.step()) {
      const Assignment& assignment = *wanted[query.get<core::ProfileId>(0)];
      if (query.get<std::string_view>(1) != assignment.probe) changes.push_back(assignment);
    }
  });
  return changes;
}

/// A task of another probe is a new task: a result of the old one will be refused.
void give_probe(sql::Session& session, const std::string& probe, std::span<const Assignment> assignments,
                base::Time now, Revision revision) {
  static const std::string kName =
      sql::with_list("UPDATE reading SET probe = ?, revision = ?, due_at = NULL, due_reason = NULL WHERE profile_id");
  static const std::string kEnd = sql::with_list("DELETE FROM task WHERE profile_id");
  std::vector<core::ProfileId> ids;
  for (const Assignment& assignment : assignments) ids.push_back(assignment.profile);
  sql::for_each_list<core::ProfileId>(ids, [&](std::span<const core::ProfileId> part) {
    session.run(kName, probe, revision, part);
    session.run(kEnd, part);
  });
  if (probe == core::kNoProbe) return;
  if (assignments.front().batched) {
    // They have no reading yet, so the next run is no early one.
    // A run under way does not measure them: taking off a whole period makes the next one due when it ends.
    session.run(
        "UPDATE task SET must = NULL, due = CASE WHEN due > ? THEN ? ELSE due END, phase = CASE WHEN owner <> '' THEN "
        "? ELSE phase "
        "END"
        " WHERE probe = ? AND profile_id < 0",
        now, now, assignments.front().ttl, probe);
    return;
  }
  session.run(
      "INSERT INTO task (profile_id, probe, due, phase) SELECT profile_id, probe, ?, (profile_id * ?) % ? FROM reading"
      " WHERE revision = ? AND probe = ?",
      now, kSpread, std::max(assignments.front().ttl, base::Duration{1}), revision, probe);
}

}  // namespace

base::Duration random_part(base::Duration period) {
  static thread_local std::mt19937_64 bits{std::random_device{}()};
  if (period.count() <= 1) return base::Duration{0};
  return base::Duration{std::uniform_int_distribution<base::Duration::rep>(0, period.count() - 1)(bits)};
}

void SqlStore::assign(std::span<const Assignment> assignments) {
  const base::Time now = this->now();
  for (; !assignments.empty();
       assignments = assignments.subspan(std::min(assignments.size(), kAssignmentsPerTransaction))) {
    const auto part = assignments.first(std::min(assignments.size(), kAssignmentsPerTransaction));
    if (read([&](sql::Transaction& tx) { return changes_of(*tx, part).empty(); })) continue;
    write([&](sql::Transaction& tx) {
      const Revision revision = next_revision(*tx);
      std::map<std::string, std::vector<Assignment>> by_probe;
      for (const Assignment& change : changes_of(*tx, part)) by_probe[change.probe].push_back(change);
      for (const auto& [probe, assignments] : by_probe) give_probe(*tx, probe, assignments, now, revision);
    });
  }
}

}  // namespace store
