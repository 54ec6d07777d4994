// Leased tasks until their results are written.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "store/findings.hpp"
#include "store/sql_store.hpp"

namespace store {
namespace {

using core::Revision;

std::vector<TaskId> sorted_ids(std::span<const Claim> claims) {
  std::vector<TaskId> ids;
  for (const Claim& claim : claims) ids.push_back(claim.task);
  std::ranges::sort(ids);
  return ids;
}

struct State {
  std::string owner;
  std::int64_t token = 0;
  core::ProfileId profile = 0;
  std::string probe;
  base::Duration phase{0};
};
using States = std::unordered_map<TaskId, State>;

/// Locks the leased tasks of `ids`, whether their leases are over or not, so that nobody takes one over until the
/// transaction ends. REQUIRES: sorted ids.
States lock_leased(sql::Session& session, std::span<const TaskId> ids) {
  const std::string text = sql::with_list("SELECT id, owner, token, profile_id, probe, phase FROM task WHERE id",
                                          fmt::format(" AND owner <> ''{}", session.dialect().for_update));
  States states;
  sql::for_each_list(ids, [&](std::span<const TaskId> part) {
    auto query = session.query(text, part);
    while (query.step())
      states[query.get<TaskId>(0)] = {query.get<std::string>(1), query.get<std::int64_t>(2),
                                      query.get<core::ProfileId>(3), query.get<std::string>(4),
                                      query.get<base::Duration>(5)};
  });
  return states;
}

bool holds(const States& states, const std::string& owner, const Claim& claim) {
  const auto state = states.find(claim.task);
  return state != states.end() && state->second.token == claim.token && state->second.owner == owner;
}

/// Frees tasks that end now, and sets when they are due next: as next_due() says, with the phase taken off where that
/// leaves them in the future, and not overdue otherwise.
void free_tasks(sql::Session& session, std::span<const TaskId> ids, base::Duration ttl, base::Time now) {
  static const std::string kSql = sql::with_list(
      "UPDATE task SET due = CASE WHEN ? - due >= ? THEN ? - (? - due) % ?"
      " WHEN due + ? - phase > ? THEN due + ? - phase ELSE ? END,"
      " ran = NULL, must = NULL, phase = 0, lease_until = 0, owner = '', token = token + 1 WHERE id");
  ttl = std::max(ttl, base::Duration{1});
  sql::for_each_list(
      ids, [&](std::span<const TaskId> part) { session.run(kSql, now, ttl, now, now, ttl, ttl, now, ttl, now, part); });
}

std::optional<PacedRun> paced_run(const Outcome& outcome, base::Duration phase, base::Time now) {
  if (!outcome.refresh) return std::nullopt;
  return PacedRun{outcome.task, *outcome.refresh, outcome.watched, now - outcome.ended_ago - outcome.took, phase};
}

/// The same for tasks of probes with more than one period. `next` has those with profiles; others are due last.
void free_paced(sql::Session& session, std::span<const PacedRun> runs, const NextRuns& next) {
  for (const PacedRun& run : runs) {
    const auto found = next.find(run.task);
    session.run(
        "UPDATE task SET due = ?, must = ?, ran = ?, phase = 0, lease_until = 0, owner = '', token = token + 1"
        " WHERE id = ?",
        found != next.end() ? found->second.due : run.must(), run.must(), run.began, run.task);
  }
}

/// Does the outcome belong to the task's present lease?
bool is_wanted(const Outcome& outcome, const State& state) {
  if (state.token != outcome.token) return false;
  if (outcome.batched) return state.profile < 0;
  return outcome.findings.size() == 1 && state.profile == outcome.findings.front().profile.id;
}

}  // namespace

std::vector<TaskId> SqlStore::renew(const std::string& owner, std::span<const Claim> claims, base::Duration lease) {
  static const std::string kSql = sql::with_list("UPDATE task SET lease_until = ?, lease = ? WHERE owner = ? AND id");
  if (claims.empty()) return {};
  const base::Time until = now() + lease;
  const auto ids = sorted_ids(claims);
  // Extending first locks the rows, so that nobody takes one over between the two statements.
  const auto states = write([&](sql::Transaction& tx) {
    sql::for_each_list<TaskId>(ids, [&](std::span<const TaskId> part) { tx->run(kSql, until, lease, owner, part); });
    return lock_leased(*tx, ids);
  });
  std::vector<TaskId> lost;
  for (const Claim& claim : claims)
    if (!holds(states, owner, claim)) lost.push_back(claim.task);
  return lost;
}

std::vector<TaskId> SqlStore::finish(std::span<const Outcome> outcomes) {
  if (outcomes.empty()) return {};
  // Read before waiting for the lock, since ended_ago counts from here.
  const base::Time now = this->now();
  std::vector<const Outcome*> ordered;
  std::vector<TaskId> ids;
  for (const Outcome& outcome : outcomes) ordered.push_back(&outcome);
  std::ranges::sort(ordered, {}, &Outcome::task);
  for (const Outcome* outcome : ordered) ids.push_back(outcome->task);
  return write([&](sql::Transaction& tx) {
    const Revision revision = next_revision(*tx);
    States states = lock_leased(*tx, ids);
    std::vector<NewReading> readings;
    std::vector<TaskId> refused;
    std::map<base::Duration, std::vector<TaskId>> ended_by_ttl;
    std::vector<PacedRun> paced;
    for (const Outcome* outcome : ordered) {
      const auto state = states.find(outcome->task);
      if (state == states.end() || !is_wanted(*outcome, state->second)) {
        refused.push_back(outcome->task);
        continue;
      }
      const auto run = paced_run(*outcome, state->second.phase, now);
      if (run)
        paced.push_back(*run);
      else
        ended_by_ttl[outcome->rule.ttl].push_back(outcome->task);
      add_findings(*tx, *outcome, state->second.probe, now, run, readings);
      states.erase(state);  // refuses the same outcome a second time
    }
    free_paced(*tx, paced, write_readings(*tx, std::move(readings), now, revision, kept()));
    for (const auto& [ttl, tasks] : ended_by_ttl) free_tasks(*tx, tasks, ttl, now);
    if (ended_by_ttl.empty() && paced.empty()) tx.rollback();
    return refused;
  });
}

void SqlStore::release(const std::string& owner, std::span<const Claim> claims) {
  static const std::string kSql =
      sql::with_list("UPDATE task SET lease_until = 0, owner = '', token = token + 1 WHERE owner = ? AND id");
  if (claims.empty()) return;
  write([&](sql::Transaction& tx) {
    const auto states = lock_leased(*tx, sorted_ids(claims));
    std::vector<TaskId> held;
    for (const Claim& claim : claims)
      if (holds(states, owner, claim)) held.push_back(claim.task);
    std::ranges::sort(held);
    sql::for_each_list<TaskId>(held, [&](std::span<const TaskId> part) { tx->run(kSql, owner, part); });
  });
}

}  // namespace store
