#include <cassert>
#include <map>
#include <random>
#include <unordered_map>

#include "store/budget.hpp"
#include "store/findings.hpp"
#include "store/sql_store.hpp"

namespace store {
namespace {

using core::Revision;

/// Due tasks that a claim reads for each that it wants, to replace those that another replica takes first.
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

/// A lease that tasks are to get.
struct Lease {
  const Wanted& wanted;
  base::Time now;
  /// Tasks whose lease ended before this time are free: now, or kUnleased when only unleased ones are.
  base::Time free_before;
};

constexpr base::Time kUnleased{base::Duration{1}};

/// Free tasks that are due, the most overdue first, and equals in random order, so that replicas seldom want the same
/// ones.
std::vector<Candidate> candidates(sql::Session& session, const Lease& lease, std::size_t limit) {
  std::vector<Candidate> found;
  auto query =
      session.query("SELECT id, due FROM task WHERE probe = ? AND due <= ? AND lease_until < ? ORDER BY due LIMIT ?",
                    lease.wanted.probe, lease.now, lease.free_before, limit);
  while (query.step()) found.push_back({query.get<TaskId>(0), query.get<base::Time>(1)});
  std::ranges::shuffle(found, random_bits());
  std::ranges::sort(found, {}, &Candidate::due);
  return found;
}

/// Locks those of `ids` that are still free, without waiting for those that another replica is just leasing. COALESCE
/// keeps the database from searching all that is due instead of the ids. REQUIRES: at most kListSize ids, sorted.
std::vector<TaskId> lock_free(sql::Session& session, std::span<const TaskId> ids, const Lease& lease) {
  const std::string text = sql::with_list("SELECT id FROM task WHERE id",
                                          fmt::format(" AND lease_until < ? AND due <= ? AND COALESCE(probe, '') = ?{}",
                                                      session.dialect().for_update_of_free_rows));
  std::vector<TaskId> free;
  auto query = session.query(text, ids, lease.free_before, lease.now, lease.wanted.probe);
  while (query.step()) free.push_back(query.get<TaskId>(0));
  std::ranges::sort(free);
  return free;
}

/// The claims of leased tasks: each of one profile, with its labels.
std::vector<Claim> claims_of(sql::Session& session, std::span<const TaskId> ids) {
  static const std::string kTaken = sql::with_list(
      "SELECT t.id, h.id, h.provider, h.name, t.due, t.token FROM task t"
      " JOIN hardware h ON h.id = t.profile_id JOIN reading r ON r.profile_id = t.profile_id WHERE t.id");
  std::vector<Claim> claims;
  std::vector<core::Profile> profiles;
  auto query = session.query(kTaken, ids);
  while (query.step()) {
    profiles.push_back({query.get<core::ProfileId>(1), {query.get<std::string>(2), query.get<std::string>(3)}, {}});
    claims.push_back(
        {.task = query.get<TaskId>(0), .due = query.get<base::Time>(4), .token = query.get<std::int64_t>(5)});
  }
  add_labels(session, profiles);
  for (std::size_t i = 0; i < claims.size(); ++i) claims[i].profiles.push_back(std::move(profiles[i]));
  return claims;
}

/// The same for the one task of a batched probe: a claim of all its profiles. Nothing for another task, whose profile
/// was deleted with plain SQL.
std::optional<Claim> batched_claim(sql::Session& session, TaskId id, const std::string& probe) {
  Claim claim{.task = id, .batched = true};
  auto task = session.query("SELECT due, token FROM task WHERE id = ? AND profile_id < 0", id);
  if (!task.step()) return std::nullopt;
  claim.due = task.get<base::Time>(0);
  claim.token = task.get<std::int64_t>(1);
  auto query = session.query(
      "SELECT h.id, h.provider, h.name FROM reading r JOIN hardware h ON h.id = r.profile_id"
      " WHERE r.probe = ? ORDER BY h.id",
      probe);
  while (query.step())
    claim.profiles.push_back(
        {query.get<core::ProfileId>(0), {query.get<std::string>(1), query.get<std::string>(2)}, {}});
  add_labels(session, claim.profiles);
  return claim;
}

/// Leases those of `ids` that are still free. REQUIRES: at most kListSize ids, sorted.
std::vector<Claim> lease_free(sql::Session& session, std::span<const TaskId> ids, const Lease& lease) {
  static const std::string kTake =
      sql::with_list("UPDATE task SET owner = ?, lease_until = ?, lease = ?, token = token + 1 WHERE id");
  const std::vector<TaskId> free = lock_free(session, ids, lease);
  if (free.empty()) return {};
  session.run(kTake, lease.wanted.owner, lease.now + lease.wanted.lease, lease.wanted.lease,
              std::span<const TaskId>(free));
  std::vector<Claim> claims = claims_of(session, free);
  // A task without a profile of its own is the one of a batched probe.
  if (claims.empty())
    if (auto batched = batched_claim(session, free.front(), lease.wanted.probe)) claims.push_back(std::move(*batched));
  return claims;
}

/// Counts the claims that ask their source. A batch without profiles asks only when it discovers them.
void count_runs(Budget& budget, const Wanted& wanted, std::span<Claim> claims) {
  if (wanted.limits.empty()) return;
  std::size_t runs = 0;
  for (Claim& claim : claims) {
    if (claim.profiles.empty() && !wanted.discovers) continue;
    claim.counted = budget.now();
    ++runs;
  }
  budget.spend(runs);
}

/// Takes the first `count` off `from` and returns their ids, sorted: all transactions lock rows in one order.
std::vector<TaskId> take_ids(std::span<const Candidate>& from, std::size_t count) {
  count = std::min(count, from.size());
  std::vector<TaskId> ids;
  for (const Candidate& candidate : from.first(count)) ids.push_back(candidate.task);
  from = from.subspan(count);
  std::ranges::sort(ids);
  return ids;
}

struct Ahead {
  Backlog backlog;
  /// When the latest lease of a due task was given, and when the last task is due.
  std::optional<base::Time> latest_lease{};
  std::optional<base::Time> latest_due{};
};

Ahead look_at(sql::Session& session, const std::string& probe, base::Time now) {
  Ahead found{.backlog = {.now = now, .due = {}, .lease_end = {}}};
  auto due = session.query("SELECT due FROM task WHERE probe = ? AND lease_until < ? ORDER BY due LIMIT 1", probe, now);
  if (due.step()) found.backlog.due = due.get<base::Time>(0);
  auto lease = session.query(
      "SELECT MIN(lease_until), MAX(lease_until - lease), (SELECT MAX(due) FROM task WHERE probe = ?) FROM task"
      " WHERE probe = ? AND due <= ? AND lease_until >= ?",
      probe, probe, now, now);
  lease.step();
  found.backlog.lease_end = lease.get<std::optional<base::Time>>(0);
  found.latest_lease = lease.get<std::optional<base::Time>>(1);
  found.latest_due = lease.get<std::optional<base::Time>>(2);
  return found;
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

/// Locks the leased tasks of `ids`, whether their leases are over or not, so that nobody takes one over until the
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

/// Does the outcome belong to the task's present lease?
bool is_wanted(const Outcome& outcome, const State& state) {
  if (state.token != outcome.token) return false;
  if (outcome.batched) return state.profile < 0;
  return outcome.findings.size() == 1 && state.profile == outcome.findings.front().profile.id;
}

}  // namespace

Claimed SqlStore::claim(const Wanted& wanted) {
  assert(!wanted.owner.empty());
  Claimed claimed;
  bool spare_leases = false;
  // One statement sees one state without a transaction, which would cost two more round trips.
  const auto found = with_session([&](sql::Session& session) {
    claimed.now = clock_now(session);
    // A step forward ends all leases at once: gives their replicas time to renew them.
    spare_leases = watch_.stepped_forward(wanted.lease);
    return candidates(session, {wanted, claimed.now, spare_leases ? kUnleased : claimed.now},
                      wanted.count * kCandidatesPerClaim);
  });
  std::span<const Candidate> rest = found;
  base::Time allowed_at = claimed.now;
  while (!rest.empty() && claimed.claims.size() < wanted.count && allowed_at <= claimed.now) {
    std::span<const Candidate> next = rest;
    const auto claims = write([&](sql::Transaction& tx) {
      next = rest;
      Budget budget(*tx, wanted.probe, wanted.limits, claimed.now);
      const std::size_t count = budget.allowed(std::min(wanted.count - claimed.claims.size(), sql::kListSize));
      const auto ids = take_ids(next, count);
      const Lease lease{wanted, budget.now(), spare_leases ? kUnleased : budget.now()};
      auto claims = ids.empty() ? std::vector<Claim>() : lease_free(*tx, ids, lease);
      count_runs(budget, wanted, claims);
      claimed.now = budget.now();
      claimed.left = budget.left();
      allowed_at = budget.next_allowed();
      return claims;
    });
    const std::size_t looked_at = rest.size() - next.size();
    rest = next;
    claimed.claims.insert(claimed.claims.end(), claims.begin(), claims.end());
    // Replacing the few that others took is not worth another transaction: the caller asks again.
    if (!claims.empty() && claims.size() < looked_at) break;
    if (looked_at == 0) break;
  }
  drop_unusable(claimed.claims);
  std::ranges::sort(claimed.claims, {}, &Claim::due);
  if (allowed_at > claimed.now)
    claimed.next_due = allowed_at;
  else if (!rest.empty())
    claimed.next_due = rest.front().due;
  else if (claimed.claims.size() < wanted.count)
    look_ahead(wanted, claimed);
  // Spared leases are not free at their end.
  if (spare_leases) claimed.next_lease_end.reset();
  return claimed;
}

/// Removes profiles whose key plain SQL has made unusable, so that no probe gets it.
void SqlStore::drop_unusable(std::vector<Claim>& claims) {
  std::vector<core::ProfileId> bad;
  std::erase_if(claims, [&](Claim& claim) {
    const auto gone = std::erase_if(claim.profiles, [&](const core::Profile& profile) {
      if (core::checked_key(profile.key.provider, profile.key.name)) return false;
      bad.push_back(profile.id);
      return true;
    });
    return gone > 0 && !claim.batched;
  });
  if (!bad.empty()) leave_out(bad);
}

/// Adds when the next task can be claimed, and what is left of the limits.
void SqlStore::look_ahead(const Wanted& wanted, Claimed& claimed) {
  const Ahead ahead = with_session([&](sql::Session& session) { return look_at(session, wanted.probe, claimed.now); });
  claimed.next_due = ahead.backlog.due;
  claimed.next_lease_end = ahead.backlog.lease_end;
  note_future(wanted.probe, claimed.now, ahead.latest_lease, ahead.latest_due);
  if (wanted.limits.empty() || !claimed.left.empty()) return;
  claimed.left =
      write([&](sql::Transaction& tx) { return Budget(*tx, wanted.probe, wanted.limits, claimed.now).left(); });
}

Backlog SqlStore::backlog(const std::string& probe) {
  const Ahead ahead = with_session([&](sql::Session& session) { return look_at(session, probe, clock_now(session)); });
  note_future(probe, ahead.backlog.now, ahead.latest_lease, ahead.latest_due);
  return ahead.backlog;
}

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
    for (const Outcome* outcome : ordered) {
      const auto state = states.find(outcome->task);
      if (state == states.end() || !is_wanted(*outcome, state->second)) {
        refused.push_back(outcome->task);
        continue;
      }
      ended_by_ttl[outcome->rule.ttl].push_back(outcome->task);
      add_findings(*tx, *outcome, state->second.probe, now, readings);
      states.erase(state);  // refuses the same outcome a second time
    }
    write_readings(*tx, readings, now, revision);
    for (const auto& [ttl, tasks] : ended_by_ttl) free_tasks(*tx, tasks, ttl, now);
    if (ended_by_ttl.empty()) tx.rollback();
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
