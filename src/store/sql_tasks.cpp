#include <cassert>
#include <random>
#include <unordered_map>

#include "store/sql_store.hpp"

namespace store {
namespace {

using core::Revision;

/// How many due tasks a claim looks at for each that it wants: those that another replica takes first can be replaced.
constexpr std::size_t kCandidatesPerClaim = 4;
/// Assignments per transaction, so that nobody waits long for the lock while 100,000 profiles are assigned.
constexpr std::size_t kAssignmentsPerTransaction = 4096;

std::mt19937_64& random_bits() {
  static thread_local std::mt19937_64 bits{std::random_device{}()};
  return bits;
}

/// At least 0 and less than `period`.
base::Duration random_part(base::Duration period) {
  if (period.count() <= 1) return base::Duration{0};
  return base::Duration{std::uniform_int_distribution<base::Duration::rep>(0, period.count() - 1)(random_bits())};
}

/// A statement with a list of ids in it; made once, since the text is long.
std::string with_list(std::string_view before, std::string_view after) {
  return fmt::format("{} IN {}{}", before, sql::list_placeholders(), after);
}

// --- assign

struct Step {
  Assignment assignment;
  bool new_probe = false;
};

/// Those of `assignments` that need a write: another probe, or a due time beyond the (now shorter) period.
std::vector<Step> steps_of(sql::Session& session, std::span<const Assignment> assignments, base::Time now) {
  static const std::string kSql = with_list(
      "SELECT r.profile_id, r.probe, t.due FROM reading r LEFT JOIN task t ON t.profile_id = r.profile_id"
      " WHERE r.profile_id",
      "");
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

void give_probe(sql::Session& session, const Assignment& assignment, base::Time now, Revision revision) {
  session.run("UPDATE reading SET probe = ?, revision = ? WHERE profile_id = ?", assignment.probe, revision,
              assignment.profile);
  if (assignment.probe == core::kNoProbe) {
    session.run("DELETE FROM task WHERE profile_id = ?", assignment.profile);
    return;
  }
  const base::Duration phase = random_part(assignment.ttl);
  const auto updated = session.run(
      "UPDATE task SET probe = ?, due = ?, phase = ?, lease_until = 0, owner = '', token = token + 1"
      " WHERE profile_id = ?",
      assignment.probe, now, phase, assignment.profile);
  if (updated == 0)
    session.run("INSERT INTO task (profile_id, probe, due, phase) VALUES (?, ?, ?, ?)", assignment.profile,
                assignment.probe, now, phase);
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

/// Leases those of `ids` that are still free. The update takes what is free without looking first; which ones it got
/// is read back by the claim's number. COALESCE keeps the database from searching all that is due instead of the ids.
std::vector<Claim> lease_free(sql::Session& session, std::span<const TaskId> ids, const Lease& lease) {
  static const std::string kTake =
      with_list("UPDATE task SET owner = ?, claim = ?, lease_until = ?, token = token + 1 WHERE id",
                " AND lease_until < ? AND due <= ? AND COALESCE(probe, '') = ?");
  static const std::string kTaken = with_list(
      "SELECT t.id, h.id, h.provider, h.name, t.due, t.token, r.level IS NULL FROM task t"
      " JOIN hardware h ON h.id = t.profile_id JOIN reading r ON r.profile_id = t.profile_id WHERE t.id",
      " AND t.claim = ?");
  const auto number = static_cast<std::int64_t>(random_bits()() >> 1);
  std::vector<Claim> claims;
  sql::for_each_list(ids, [&](std::span<const TaskId> part) {
    session.run(kTake, lease.owner, number, lease.until, part, lease.now, lease.now, lease.probe);
    auto query = session.query(kTaken, part, number);
    while (query.step())
      claims.push_back(
          {.task = query.get<TaskId>(0),
           .profile = {query.get<core::ProfileId>(1), {query.get<std::string>(2), query.get<std::string>(3)}},
           .due = query.get<base::Time>(4),
           .token = query.get<std::int64_t>(5),
           .first = query.get<bool>(6)});
  });
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
  base::Time due;
  base::Duration phase{0};
};
using States = std::unordered_map<TaskId, State>;

/// The tasks of `ids` that somebody leases, whether in time or not.
States leased(sql::Session& session, std::span<const TaskId> ids) {
  static const std::string kSql =
      with_list("SELECT id, owner, token, profile_id, due, phase FROM task WHERE id", " AND owner <> ''");
  States states;
  sql::for_each_list(ids, [&](std::span<const TaskId> part) {
    auto query = session.query(kSql, part);
    while (query.step())
      states[query.get<TaskId>(0)] = {query.get<std::string>(1), query.get<std::int64_t>(2),
                                      query.get<core::ProfileId>(3), query.get<base::Time>(4),
                                      query.get<base::Duration>(5)};
  });
  return states;
}

bool holds(const States& states, const std::string& owner, const Claim& claim) {
  const auto state = states.find(claim.task);
  return state != states.end() && state->second.token == claim.token && state->second.owner == owner;
}

void write_success(sql::Session& session, const Outcome& outcome, base::Time ended, Revision revision) {
  core::Reading reading{*outcome.result, ended, {}, {}, outcome.took};
  core::apply(outcome.rule, reading);
  session.run(
      "UPDATE reading SET revision = ?, level = ?, free = ?, total = ?, score = ?, price = ?, reason = ?,"
      " measured_at = ?, stale_at = ?, expires_at = ?, took = ?, error = NULL, failed_at = NULL WHERE profile_id = ?",
      revision, core::to_string(reading.level), reading.free, reading.total, reading.score, reading.price,
      reading.reason, reading.measured_at, reading.stale_at, reading.expires_at, reading.took, outcome.profile);
}

void write_failure(sql::Session& session, const Outcome& outcome, base::Time ended, Revision revision) {
  session.run("UPDATE reading SET revision = ?, error = ?, failed_at = ? WHERE profile_id = ?", revision,
              outcome.result.error(), ended, outcome.profile);
}

/// Frees the task if its token is still `outcome`'s, and writes the reading. Returns whether it was.
bool settle(sql::Session& session, const Outcome& outcome, const State& state, base::Time now, Revision revision) {
  const base::Time next = next_due(state.due, outcome.rule.ttl, now);
  // The phase makes the next run earlier, but not overdue.
  const base::Time due = std::max(next - state.phase, std::min(next, now));
  const auto freed = session.run(
      "UPDATE task SET due = ?, phase = 0, lease_until = 0, owner = '', token = token + 1 WHERE id = ? AND token = ?",
      due, outcome.task, outcome.token);
  if (freed == 0) return false;
  const base::Time ended = now - std::max(outcome.ended_ago, base::Duration{0});
  if (outcome.result)
    write_success(session, outcome, ended, revision);
  else
    write_failure(session, outcome, ended, revision);
  return true;
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
      for (const Step& step : steps_of(*tx, part, now)) {
        const Assignment& assignment = step.assignment;
        if (step.new_probe)
          give_probe(*tx, assignment, now, revision);
        else
          tx->run("UPDATE task SET due = ? WHERE profile_id = ?", now + random_part(assignment.ttl),
                  assignment.profile);
      }
    });
  }
}

Claimed SqlStore::claim(const std::string& probe, const std::string& owner, std::size_t limit, base::Duration lease) {
  assert(!owner.empty());
  const base::Time now = this->now();
  Claimed claimed{.claims = {}, .now = now, .next_due = {}};
  const auto found =
      read([&](sql::Transaction& tx) { return candidates(*tx, probe, now, limit * kCandidatesPerClaim); });
  std::span<const Candidate> rest = found;
  while (!rest.empty() && claimed.claims.size() < limit) {
    const auto ids = take_ids(rest, limit - claimed.claims.size());
    const auto claims =
        write([&](sql::Transaction& tx) { return lease_free(*tx, ids, {probe, owner, now, now + lease}); });
    claimed.claims.insert(claimed.claims.end(), claims.begin(), claims.end());
  }
  std::ranges::sort(claimed.claims, {}, &Claim::due);
  if (claimed.claims.size() < limit) {
    claimed.next_due = read([&](sql::Transaction& tx) {
      auto query =
          tx->query("SELECT due FROM task WHERE probe = ? AND lease_until < ? ORDER BY due LIMIT 1", probe, now);
      return query.step() ? std::optional(query.get<base::Time>(0)) : std::nullopt;
    });
  }
  return claimed;
}

std::vector<TaskId> SqlStore::renew(const std::string& owner, std::span<const Claim> claims, base::Duration lease) {
  static const std::string kSql = with_list("UPDATE task SET lease_until = ? WHERE owner = ? AND id", "");
  if (claims.empty()) return {};
  const base::Time until = now() + lease;
  const auto ids = sorted_ids(claims);
  // Extending first locks the rows, so that nobody takes one over between the two statements.
  const auto states = write([&](sql::Transaction& tx) {
    sql::for_each_list<TaskId>(ids, [&](std::span<const TaskId> part) { tx->run(kSql, until, owner, part); });
    return leased(*tx, ids);
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
    const auto states = leased(*tx, ids);
    std::vector<TaskId> refused;
    for (const Outcome* outcome : ordered) {
      const auto state = states.find(outcome->task);
      if (state == states.end() || state->second.profile != outcome->profile ||
          !settle(*tx, *outcome, state->second, now, revision))
        refused.push_back(outcome->task);
    }
    if (refused.size() == ordered.size()) tx.rollback();
    return refused;
  });
}

void SqlStore::release(const std::string& owner, std::span<const Claim> claims) {
  static const std::string kSql =
      with_list("UPDATE task SET lease_until = 0, owner = '', token = token + 1 WHERE owner = ? AND id", "");
  if (claims.empty()) return;
  write([&](sql::Transaction& tx) {
    const auto states = leased(*tx, sorted_ids(claims));
    std::vector<TaskId> held;
    for (const Claim& claim : claims)
      if (holds(states, owner, claim)) held.push_back(claim.task);
    std::ranges::sort(held);
    sql::for_each_list<TaskId>(held, [&](std::span<const TaskId> part) { tx->run(kSql, owner, part); });
  });
}

}  // namespace store
