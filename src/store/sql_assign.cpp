#include <map>
#include <random>
#include <unordered_map>

#include "store/sql_store.hpp"

namespace store {
namespace {

using core::Revision;

/// Assignments per transaction, so that nobody waits long for the lock while 100,000 profiles are assigned.
constexpr std::size_t kAssignmentsPerTransaction = 4096;

/// At least 0 and less than `period`.
base::Duration random_part(base::Duration period) {
  static thread_local std::mt19937_64 bits{std::random_device{}()};
  if (period.count() <= 1) return base::Duration{0};
  return base::Duration{std::uniform_int_distribution<base::Duration::rep>(0, period.count() - 1)(bits)};
}

struct Step {
  Assignment assignment;
  bool new_probe = false;
};

/// Those of `assignments` that need a write: another probe, or a due time beyond the (now shorter) period.
std::vector<Step> steps_of(sql::Session& session, std::span<const Assignment> assignments, base::Time now) {
  static const std::string kSql = sql::with_list(
      "SELECT r.profile_id, r.probe, t.due FROM reading r LEFT JOIN task t ON t.profile_id = r.profile_id"
      " WHERE r.profile_id");
  std::vector<Step> steps;
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
      const bool new_probe = query.get<std::string_view>(1) != assignment.probe;
      const auto due = query.get<std::optional<base::Time>>(2);
      if (new_probe || (due && *due > now + assignment.ttl)) steps.push_back({assignment, new_probe});
    }
  });
  return steps;
}

/// A task of another probe is a new task: what is under way for the old one will be refused.
void give_probe(sql::Session& session, const std::string& probe, std::span<const Assignment> assignments,
                base::Time now, Revision revision) {
  static const std::string kName = sql::with_list("UPDATE reading SET probe = ?, revision = ? WHERE profile_id");
  static const std::string kEnd = sql::with_list("DELETE FROM task WHERE profile_id");
  static const sql::RowsStatement kBegin("INSERT INTO task (profile_id, probe, due, phase) VALUES ", 4);
  std::vector<core::ProfileId> ids;
  for (const Assignment& assignment : assignments) ids.push_back(assignment.profile);
  sql::for_each_list<core::ProfileId>(ids, [&](std::span<const core::ProfileId> part) {
    session.run(kName, probe, revision, part);
    session.run(kEnd, part);
  });
  if (probe == core::kNoProbe) return;
  kBegin.run(session, assignments, [&](sql::Query& query, const Assignment& assignment) {
    query.bind(assignment.profile, probe, now, random_part(assignment.ttl));
  });
}

/// Brings due times that lie beyond a period that became shorter back into it, spread over all of it.
void shorten(sql::Session& session, const Assignment& assignment, base::Time now) {
  session.run("UPDATE task SET due = ? WHERE profile_id = ?", now + random_part(assignment.ttl), assignment.profile);
}

}  // namespace

void SqlStore::assign(std::span<const Assignment> assignments) {
  const base::Time now = this->now();
  for (; !assignments.empty();
       assignments = assignments.subspan(std::min(assignments.size(), kAssignmentsPerTransaction))) {
    const auto part = assignments.first(std::min(assignments.size(), kAssignmentsPerTransaction));
    if (read([&](sql::Transaction& tx) { return steps_of(*tx, part, now).empty(); })) continue;
    write([&](sql::Transaction& tx) {
      const Revision revision = next_revision(*tx);
      std::map<std::string, std::vector<Assignment>> by_probe;
      for (const Step& step : steps_of(*tx, part, now)) {
        if (step.new_probe)
          by_probe[step.assignment.probe].push_back(step.assignment);
        else
          shorten(*tx, step.assignment, now);
      }
      for (const auto& [probe, assignments] : by_probe) give_probe(*tx, probe, assignments, now, revision);
    });
  }
}

}  // namespace store
