#include <set>

#include "store/budget.hpp"
#include "store/profile_rows.hpp"
#include "store/sql_store.hpp"
#include "store/world.hpp"

namespace store {
namespace {

using core::ProfileKey;
using core::Revision;

/// The id of a probe; gives it one when it has none.
std::int64_t id_of(sql::Session& session, const std::string& probe) {
  for (;;) {
    auto query = session.query("SELECT id FROM probe WHERE name = ?", probe);
    if (query.step()) return query.get<std::int64_t>(0);
    session.run("INSERT INTO probe (name) VALUES (?)", probe);
  }
}

void keep_one_task(sql::Session& session, const std::string& probe, std::int64_t id, base::Duration ttl,
                   base::Time now) {
  session.run("DELETE FROM task WHERE probe = ? AND profile_id <> ?", probe, -id);
  if (session.query("SELECT 1 FROM task WHERE profile_id = ?", -id).step()) return;
  session.run("INSERT INTO task (profile_id, probe, due, phase) VALUES (?, ?, ?, ?)", -id, probe, now,
              random_part(ttl));
}

void keep_a_task_each(sql::Session& session, const std::string& probe, std::int64_t id, base::Duration ttl,
                      base::Time now) {
  session.run("DELETE FROM task WHERE profile_id = ?", -id);
  session.run(
      "INSERT INTO task (profile_id, probe, due, phase) SELECT r.profile_id, r.probe, ?, (r.profile_id * ?) % ?"
      " FROM reading r LEFT JOIN task t ON t.profile_id = r.profile_id WHERE r.probe = ? AND t.id IS NULL",
      now, kSpread, ttl, probe);
}

/// What failed, or discovered nothing, is due at once: its configuration may be right now.
void retry_failed(sql::Session& session, const std::string& probe, std::int64_t id, bool batched, base::Time now) {
  if (batched)
    session.run(
        "UPDATE task SET due = ? WHERE profile_id = ? AND owner = '' AND due > ?"
        " AND (EXISTS (SELECT 1 FROM reading WHERE probe = ? AND error IS NOT NULL)"
        " OR NOT EXISTS (SELECT 1 FROM reading WHERE probe = ?))",
        now, -id, now, probe, probe);
  else
    session.run(
        "UPDATE task SET due = ? WHERE probe = ? AND owner = '' AND due > ?"
        " AND profile_id IN (SELECT profile_id FROM reading WHERE probe = ? AND error IS NOT NULL)",
        now, probe, now, probe);
}

}  // namespace

void SqlStore::prepare(const std::string& probe, base::Duration ttl, bool batched) {
  ttl = std::max(ttl, base::Duration{1});
  {
    const std::lock_guard lock(prepared_mutex_);
    prepared_[probe].ttl = ttl;
  }
  const base::Time now = this->now();
  write([&](sql::Transaction& tx) {
    lock_board(*tx);
    const std::int64_t id = id_of(*tx, probe);
    if (batched)
      keep_one_task(*tx, probe, id, ttl, now);
    else
      keep_a_task_each(*tx, probe, id, ttl, now);
    retry_failed(*tx, probe, id, batched, now);
  });
  // The database's clock may have stepped back while no process was watching.
  mend(probe, ttl);
}

std::optional<base::Time> SqlStore::spend(const std::string& probe, std::span<const Limit> limits) {
  const base::Time now = this->now();
  return write([&](sql::Transaction& tx) -> std::optional<base::Time> {
    Budget budget(*tx, probe, limits, now);
    if (budget.allowed(1) == 0) return std::nullopt;
    budget.spend(1);
    return budget.now();
  });
}

void SqlStore::refund(const std::string& probe, std::span<const Limit> limits, std::span<const base::Time> runs) {
  if (runs.empty()) return;
  const base::Time now = this->now();
  write([&](sql::Transaction& tx) { Budget(*tx, probe, limits, now).refund(runs); });
}

std::vector<std::uint64_t> SqlStore::left(const std::string& probe, std::span<const Limit> limits) {
  if (limits.empty()) return {};
  const base::Time now = this->now();
  return write([&](sql::Transaction& tx) { return Budget(*tx, probe, limits, now).left(); });
}

void SqlStore::fail_all(const std::string& probe, const std::string& error) {
  const base::Time now = this->now();
  write([&](sql::Transaction& tx) {
    const Revision revision = next_revision(*tx);
    if (tx->run("UPDATE reading SET revision = ?, error = ?, failed_at = ? WHERE probe = ?", revision, error, now,
                probe) == 0)
      tx.rollback();
  });
}

void SqlStore::discover(const std::string& probe, std::span<const ProfileKey> keys) {
  const std::set<ProfileKey> wanted(keys.begin(), keys.end());
  struct Known {
    core::ProfileId id;
    ProfileKey key;
  };
  const auto known = with_session([&](sql::Session& session) {
    std::vector<Known> known;
    auto query = session.query("SELECT id, provider, name FROM hardware WHERE origin = ? AND revision > 0", probe);
    while (query.step())
      known.push_back({query.get<core::ProfileId>(0), {query.get<std::string>(1), query.get<std::string>(2)}});
    return known;
  });
  std::set<ProfileKey> missing = wanted;
  std::vector<core::ProfileId> gone;
  for (const Known& profile : known) {
    if (wanted.contains(profile.key))
      missing.erase(profile.key);
    else
      gone.push_back(profile.id);
  }
  std::vector<core::NewProfile> added;
  for (const ProfileKey& key : missing) added.push_back({key, {}});
  add_from(probe, added);
  if (gone.empty()) return;
  write([&](sql::Transaction& tx) {
    const Revision revision = next_revision(*tx);
    bury(*tx, gone, revision);
  });
}

}  // namespace store
