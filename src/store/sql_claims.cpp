// Claiming tasks, and looking at what waits.
#include <algorithm>
#include <cassert>
#include <random>

#include "store/budget.hpp"
#include "store/sql_store.hpp"

namespace store {
namespace {

/// Due tasks that a claim reads for each that it wants, to replace those that another replica takes first.
constexpr std::size_t kCandidatesPerClaim = 2;

std::mt19937_64& random_bits() {
  static thread_local std::mt19937_64 bits{std::random_device{}()};
  return bits;
}

struct Candidate {
  TaskId task;
  base::Time due;
  /// It need not run yet.
  bool early = false;
};

struct Candidates {
  base::Time now;
  /// Free tasks that are due: early ones last, else the most overdue first, and equals in random order, so that
  /// replicas seldom want the same ones.
  std::vector<Candidate> due;
  /// When the first of the others is.
  std::optional<base::Time> next_due;
};

/// A lease that tasks are to get.
struct Lease {
  const Wanted& wanted;
  base::Time now;
  /// Tasks whose lease ended before this time are free: now, or kUnleased when only unleased ones are.
  base::Time free_before;
};

constexpr base::Time kUnleased{base::Duration{1}};

/// Adds what must run although so many early tasks are due before that the search ended with them.
void find_what_must(sql::Session& session, const Wanted& wanted, const std::string& free_before, std::size_t limit,
                    std::vector<Candidate>& due) {
  const std::string text = fmt::format(
      "SELECT id, due FROM task WHERE probe = ? AND due <= {0} AND lease_until < {1} AND (must IS NULL OR must <= {0})"
      " ORDER BY due LIMIT ?",
      session.dialect().now, free_before);
  std::erase_if(due, [](const Candidate& one) { return !one.early; });
  auto query = session.query(text, wanted.probe, limit);
  while (query.step()) due.push_back({query.get<TaskId>(0), query.get<base::Time>(1)});
}

/// One statement, so that it sees one state without a transaction, which would cost more round trips.
Candidates candidates(sql::Session& session, const Wanted& wanted, bool spare_leases, std::size_t limit) {
  const std::string_view now = session.dialect().now;
  const std::string free_before =
      spare_leases ? fmt::to_string(kUnleased.time_since_epoch().count()) : std::string(now);
  const std::string text = fmt::format(
      "SELECT {0}, (SELECT due FROM task WHERE probe = ? AND due > {0} AND lease_until < {1} ORDER BY due LIMIT 1),"
      " t.id, t.due, t.must FROM (SELECT 1 AS one) o LEFT JOIN (SELECT id, due, {2} AS must FROM task WHERE probe = ?"
      " AND due <= {0} AND lease_until < {1} ORDER BY due LIMIT ?) t ON 1 = 1",
      // The index has no `must`, so it is read only where it may be.
      now, free_before, wanted.promise ? "must" : "0");
  Candidates found;
  auto query = session.query(text, wanted.probe, wanted.probe, limit);
  while (query.step()) {
    found.now = query.get<base::Time>(0);
    found.next_due = query.get<std::optional<base::Time>>(1);
    if (const auto task = query.get<std::optional<TaskId>>(2))
      found.due.push_back({*task, query.get<base::Time>(3), query.get<base::Time>(4) > found.now});
  }
  if (found.due.size() == limit && std::ranges::any_of(found.due, &Candidate::early))
    find_what_must(session, wanted, free_before, limit, found.due);
  std::ranges::shuffle(found.due, random_bits());
  std::ranges::sort(found.due, {}, [](const Candidate& one) { return std::pair(one.early, one.due); });
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

/// How many of the first `count` of `from` may run: all that must, and early ones as far as the limits allow them.
std::size_t allowed_of(std::span<const Candidate> from, std::size_t count, const Budget& budget, const Wanted& wanted) {
  from = from.first(std::min(count, from.size()));
  if (!wanted.promise || from.empty() || !from.back().early) return from.size();
  const auto must = static_cast<std::size_t>(std::ranges::count(from, false, &Candidate::early));
  return std::min(from.size(), must + budget.allowed_besides(wanted.promise->rate, wanted.promise->patience));
}

/// Probes per statement: SQLite takes 500 SELECTs in one.
constexpr std::size_t kProbesPerLook = 32;

/// The text that reads what waits for as many probes. With each name as a constant, the databases read one end of the
/// index; joined to a table of names, MariaDB and MySQL would read all of it.
std::string backlogs_text(std::string_view now, std::size_t probes, bool leases) {
  std::string text;
  for (std::size_t i = 0; i < probes; ++i) {
    text += fmt::format(
        "{} {}, {}, (SELECT due FROM task WHERE probe = ? AND lease_until < {} ORDER BY due LIMIT 1),"
        " (SELECT MAX(due) FROM task WHERE probe = ?)",
        i == 0 ? "SELECT" : " UNION ALL SELECT", now, i, now);
    for (const char* value : {"MIN(lease_until)", "MAX(lease_until - lease)"})
      if (leases)
        text +=
            fmt::format(", (SELECT {1} FROM task WHERE probe = ? AND due <= {0} AND lease_until >= {0})", now, value);
  }
  return text;
}

}  // namespace

Claimed SqlStore::claim(const Wanted& wanted) {
  assert(!wanted.owner.empty());
  const std::size_t most = wanted.count * kCandidatesPerClaim;
  Candidates found;
  bool spare_leases = false;
  do {
    // A step forward ends all leases at once: gives their replicas time to renew them.
    spare_leases = watch_.stepped_forward(wanted.lease);
    with_session([&](sql::Session& session) {
      watch_.look([&] { return (found = candidates(session, wanted, spare_leases, most)).now; });
    });
  } while (!spare_leases && watch_.stepped_forward(wanted.lease));
  Claimed claimed{.claims = {}, .now = found.now, .next_due = {}};
  std::span<const Candidate> rest = found.due;
  base::Time allowed_at = claimed.now;
  std::vector<TaskId> denied;
  while (!rest.empty() && claimed.claims.size() < wanted.count && allowed_at <= claimed.now) {
    std::span<const Candidate> next = rest;
    const auto claims = write([&](sql::Transaction& tx) {
      next = rest;
      Budget budget(*tx, wanted.probe, wanted.limits, claimed.now);
      const std::size_t count = budget.allowed(std::min(wanted.count - claimed.claims.size(), sql::kListSize));
      const Lease lease{wanted, budget.now(), spare_leases ? kUnleased : budget.now()};
      const std::size_t allowed = allowed_of(next, count, budget, wanted);
      const auto ids = take_ids(next, allowed);
      denied.clear();
      if (allowed < std::min(count, next.size() + allowed)) denied = take_ids(next, sql::kListSize), next = {};
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
  if (!denied.empty()) found.next_due = std::min(found.next_due.value_or(base::Time::max()), put_off(denied, wanted));
  drop_unusable(claimed.claims);
  std::ranges::sort(claimed.claims, {}, &Claim::due);
  if (allowed_at > claimed.now)
    claimed.next_due = allowed_at;
  else if (!rest.empty())
    claimed.next_due = rest.front().due;
  else if (found.due.size() >= most)
    claimed.next_due = claimed.now;  // there may be more
  else if (claimed.claims.size() < wanted.count)
    claimed.next_due = found.next_due;
  if (!wanted.limits.empty() && claimed.left.empty())
    claimed.left =
        write([&](sql::Transaction& tx) { return Budget(*tx, wanted.probe, wanted.limits, claimed.now).left(); });
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

Backlogs SqlStore::backlogs(std::span<const std::string> probes, bool leases) {
  Backlogs found;
  with_session([&](sql::Session& session) {
    for (auto rest = probes; !rest.empty(); rest = rest.subspan(std::min(rest.size(), kProbesPerLook)))
      add_backlogs(session, rest.first(std::min(rest.size(), kProbesPerLook)), leases, found);
  });
  return found;
}

void SqlStore::add_backlogs(sql::Session& session, std::span<const std::string> probes, bool leases,
                            Backlogs& backlogs) {
  using OptionalTime = std::optional<base::Time>;
  auto query = session.query(backlogs_text(session.dialect().now, probes.size(), leases));
  for (const std::string& probe : probes)
    for (int places = leases ? 4 : 2; places > 0; --places) query.bind(probe);
  while (query.step()) {
    backlogs.now = query.get<base::Time>(0);
    const std::string& probe = probes[query.get<std::size_t>(1)];
    backlogs.of[probe] = {.due = query.get<OptionalTime>(2),
                          .lease_end = leases ? query.get<OptionalTime>(4) : std::nullopt};
    note_future(probe, backlogs.now, leases ? query.get<OptionalTime>(5) : std::nullopt, query.get<OptionalTime>(3));
  }
}

}  // namespace store
