#include <cassert>
#include <map>
#include <random>
#include <unordered_map>

#include "store/sql_store.hpp"

namespace store {
namespace {

using core::Revision;

/// How many due tasks a claim looks at for each that it wants: those that another replica takes first can be replaced.
constexpr std::size_t kCandidatesPerClaim = 2;

std::mt19937_64& random_bits() {
  static thread_local std::mt19937_64 bits{std::random_device{}()};
  return bits;
}

// --- claim

struct Candidate {
  TaskId task;
  base::Time due;
};

/// Free tasks that are due, the most overdue first and equals in random order, so that replicas that look at the same
/// time seldom want the same ones.
std::vector<Candidate> candidates(sql::Session& session, const std::string& probe, base::Time now, std::size_t limit) {
  std::vector<Candidate> found;
  auto query =
      session.query("SELECT id, due FROM task WHERE probe = ? AND due <= ? AND lease_until < ? ORDER BY due LIMIT ?",
                    probe, now, now, limit);
  while (query.step()) found.push_back({query.get<TaskId>(0), query.get<base::Time>(1)});
  std::ranges::shuffle(found, random_bits());
  std::ranges::sort(found, {}, &Candidate::due);
  return found;
}

struct Lease {
  const std::string& probe;
  const std::string& owner;
  base::Time now;
  base::Time until;
};

/// Locks those of `ids` that are still free, without waiting for those that another replica is just leasing. COALESCE
/// keeps the database from searching all that is due instead of the ids. REQUIRES: at most kListSize ids, sorted.
std::vector<TaskId> lock_free(sql::Session& session, std::span<const TaskId> ids, const Lease& lease) {
  const std::string text = sql::with_list("SELECT id FROM task WHERE id",
                                          fmt::format(" AND lease_until < ? AND due <= ? AND COALESCE(probe, '') = ?{}",
                                                      session.dialect().for_update_of_free_rows));
  std::vector<TaskId> free;
  auto query = session.query(text, ids, lease.now, lease.now, lease.probe);
  while (query.step()) free.push_back(query.get<TaskId>(0));
  std::ranges::sort(free);
  return free;
}

/// Leases those of `ids` that are still free. REQUIRES: at most kListSize ids, sorted.
std::vector<Claim> lease_free(sql::Session& session, std::span<const TaskId> ids, const Lease& lease) {
  static const std::string kTake =
      sql::with_list("UPDATE task SET owner = ?, lease_until = ?, token = token + 1 WHERE id");
  static const std::string kTaken = sql::with_list(
      "SELECT t.id, h.id, h.provider, h.name, t.due, t.token, r.level IS NULL FROM task t"
      " JOIN hardware h ON h.id = t.profile_id JOIN reading r ON r.profile_id = t.profile_id WHERE t.id");
  const std::vector<TaskId> free = lock_free(session, ids, lease);
  if (free.empty()) return {};
  session.run(kTake, lease.owner, lease.until, std::span<const TaskId>(free));
  std::vector<Claim> claims;
  auto query = session.query(kTaken, std::span<const TaskId>(free));
  while (query.step())
    claims.push_back(
        {.task = query.get<TaskId>(0),
         .profile = {query.get<core::ProfileId>(1), {query.get<std::string>(2), query.get<std::string>(3)}},
         .due = query.get<base::Time>(4),
         .token = query.get<std::int64_t>(5),
         .first = query.get<bool>(6)});
  return claims;
}

/// Takes the first `count` off `from` and returns their ids, sorted: everybody locks rows in one order.
std::vector<TaskId> take_ids(std::span<const Candidate>& from, std::size_t count) {
  count = std::min(count, from.size());
  std::vector<TaskId> ids;
  for (const Candidate& candidate : from.first(count)) ids.push_back(candidate.task);
  from = from.subspan(count);
  std::ranges::sort(ids);
  return ids;
}

// --- renew, finish, release

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
};
using States = std::unordered_map<TaskId, State>;

/// The tasks of `ids` that somebody leases, whether in time or not; locked, so that nobody takes one over until the
/// transaction ends. REQUIRES: sorted ids.
States lock_leased(sql::Session& session, std::span<const TaskId> ids) {
  const std::string text = sql::with_list("SELECT id, owner, token, profile_id, probe FROM task WHERE id",
                                          fmt::format(" AND owner <> ''{}", session.dialect().for_update));
  States states;
  sql::for_each_list(ids, [&](std::span<const TaskId> part) {
    auto query = session.query(text, part);
    while (query.step())
      states[query.get<TaskId>(0)] = {query.get<std::string>(1), query.get<std::int64_t>(2),
                                      query.get<core::ProfileId>(3), query.get<std::string>(4)};
  });
  return states;
}

bool holds(const States& states, const std::string& owner, const Claim& claim) {
  const auto state = states.find(claim.task);
  return state != states.end() && state->second.token == claim.token && state->second.owner == owner;
}

base::Time ended(const Outcome& outcome, base::Time now) {
  return now - std::max(outcome.ended_ago, base::Duration{0});
}

/// An outcome that is still wanted.
struct Settled {
  const Outcome* outcome;
  std::string probe;
};

/// Frees tasks that end now, and sets when they are due next: as next_due() says, with the phase taken off where that
/// leaves them in the future, and not overdue otherwise.
void free_tasks(sql::Session& session, std::span<const TaskId> ids, base::Duration ttl, base::Time now) {
  static const std::string kSql = sql::with_list(
      "UPDATE task SET due = CASE WHEN ? - due >= ? THEN ? - (? - due) % ?"
      " WHEN due + ? - phase > ? THEN due + ? - phase ELSE ? END,"
      " phase = 0, lease_until = 0, owner = '', token = token + 1 WHERE id");
  ttl = std::max(ttl, base::Duration{1});
  sql::for_each_list(
      ids, [&](std::span<const TaskId> part) { session.run(kSql, now, ttl, now, now, ttl, ttl, now, ttl, now, part); });
}

void write_successes(sql::Session& session, std::span<const Settled> settled, base::Time now, Revision revision) {
  static const sql::RowsStatement kSql(
      "REPLACE INTO reading (profile_id, revision, probe, level, free, total, score, price, reason, measured_at,"
      " stale_at, expires_at, took) VALUES ",
      13);
  kSql.run(session, settled, [&](sql::Query& query, const Settled& one) {
    const Outcome& outcome = *one.outcome;
    const core::Measurement& measured = *outcome.result;
    core::Reading reading{{}, ended(outcome, now), {}, {}, outcome.took};
    core::apply(outcome.rule, reading);
    query.bind(outcome.profile, revision, one.probe, core::to_string(measured.level), measured.free, measured.total,
               measured.score, measured.price, measured.reason, reading.measured_at, reading.stale_at,
               reading.expires_at, reading.took);
  });
}

/// Failures keep the latest level.
void write_failure(sql::Session& session, const Outcome& outcome, base::Time now, Revision revision) {
  session.run("UPDATE reading SET revision = ?, error = ?, failed_at = ? WHERE profile_id = ?", revision,
              outcome.result.error(), ended(outcome, now), outcome.profile);
}

/// Writes what `settled` tasks found out, and frees them.
void settle(sql::Session& session, std::span<const Settled> settled, base::Time now, Revision revision) {
  std::map<base::Duration, std::vector<TaskId>> by_ttl;
  std::vector<Settled> successes;
  for (const Settled& one : settled) {
    by_ttl[one.outcome->rule.ttl].push_back(one.outcome->task);
    if (one.outcome->result)
      successes.push_back(one);
    else
      write_failure(session, *one.outcome, now, revision);
  }
  write_successes(session, successes, now, revision);
  for (const auto& [ttl, ids] : by_ttl) free_tasks(session, ids, ttl, now);
}

}  // namespace

Claimed SqlStore::claim(const std::string& probe, const std::string& owner, std::size_t limit, base::Duration lease) {
  assert(!owner.empty());
  base::Time now;
  // One statement sees one state without a transaction, which would cost two more ways to the server.
  const auto found = with_session([&](sql::Session& session) {
    now = session.now();
    return candidates(session, probe, now, limit * kCandidatesPerClaim);
  });
  Claimed claimed{.claims = {}, .now = now, .next_due = {}, .next_lease_end = {}};
  std::span<const Candidate> rest = found;
  while (!rest.empty() && claimed.claims.size() < limit) {
    const auto ids = take_ids(rest, std::min(limit - claimed.claims.size(), sql::kListSize));
    const auto claims =
        write([&](sql::Transaction& tx) { return lease_free(*tx, ids, {probe, owner, now, now + lease}); });
    claimed.claims.insert(claimed.claims.end(), claims.begin(), claims.end());
    // The few that others took are not worth another transaction: the caller asks again.
    if (!claims.empty() && claims.size() < ids.size()) break;
  }
  std::ranges::sort(claimed.claims, {}, &Claim::due);
  if (!rest.empty()) {
    claimed.next_due = rest.front().due;
  } else if (claimed.claims.size() < limit) {
    with_session([&](sql::Session& session) {
      auto due =
          session.query("SELECT due FROM task WHERE probe = ? AND lease_until < ? ORDER BY due LIMIT 1", probe, now);
      if (due.step()) claimed.next_due = due.get<base::Time>(0);
      auto lease = session.query("SELECT MIN(lease_until) FROM task WHERE probe = ? AND due <= ? AND lease_until >= ?",
                                 probe, now, now);
      lease.step();
      claimed.next_lease_end = lease.get<std::optional<base::Time>>(0);
    });
  }
  return claimed;
}

std::vector<TaskId> SqlStore::renew(const std::string& owner, std::span<const Claim> claims, base::Duration lease) {
  static const std::string kSql = sql::with_list("UPDATE task SET lease_until = ? WHERE owner = ? AND id");
  if (claims.empty()) return {};
  const base::Time until = now() + lease;
  const auto ids = sorted_ids(claims);
  // Extending first locks the rows, so that nobody takes one over between the two statements.
  const auto states = write([&](sql::Transaction& tx) {
    sql::for_each_list<TaskId>(ids, [&](std::span<const TaskId> part) { tx->run(kSql, until, owner, part); });
    return lock_leased(*tx, ids);
  });
  std::vector<TaskId> lost;
  for (const Claim& claim : claims)
    if (!holds(states, owner, claim)) lost.push_back(claim.task);
  return lost;
}

std::vector<TaskId> SqlStore::finish(std::span<const Outcome> outcomes) {
  if (outcomes.empty()) return {};
  // Before waiting for the lock: ended_ago counts from here.
  const base::Time now = this->now();
  std::vector<const Outcome*> ordered;
  std::vector<TaskId> ids;
  for (const Outcome& outcome : outcomes) ordered.push_back(&outcome);
  std::ranges::sort(ordered, {}, &Outcome::task);
  for (const Outcome* outcome : ordered) ids.push_back(outcome->task);
  return write([&](sql::Transaction& tx) {
    const Revision revision = next_revision(*tx);
    States states = lock_leased(*tx, ids);
    std::vector<Settled> settled;
    std::vector<TaskId> refused;
    for (const Outcome* outcome : ordered) {
      const auto state = states.find(outcome->task);
      if (state == states.end() || state->second.profile != outcome->profile || state->second.token != outcome->token) {
        refused.push_back(outcome->task);
        continue;
      }
      settled.push_back({outcome, std::move(state->second.probe)});
      states.erase(state);  // the same outcome a second time is refused
    }
    settle(*tx, settled, now, revision);
    if (settled.empty()) tx.rollback();
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
