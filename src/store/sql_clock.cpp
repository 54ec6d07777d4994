// The database's clock, and the times that it leaves in the future when it steps back.
#include <algorithm>

#include "store/profile_rows.hpp"
#include "store/sql_store.hpp"
#include "store/world.hpp"

namespace store {
namespace {

/// The assumed lease of a task of an older program, which did not store it.
constexpr std::chrono::seconds kUnknownLease{15};

bool has_future_reading(sql::Session& session, const std::string& probe, base::Time now) {
  return session
      .query("SELECT 1 FROM reading WHERE probe = ? AND (measured_at > ? OR failed_at > ?) LIMIT 1", probe,
             now + kClockTolerance, now + kClockTolerance)
      .step();
}

/// The age of a reading from the future is unknown: it is STALE from now on, and measured again at once.
void age_future_readings(sql::Session& session, const std::string& probe, base::Duration ttl, base::Time now,
                         core::Revision revision) {
  // stale_at comes last, since MySQL calculates with what was set before.
  session.run(
      "UPDATE reading SET revision = ?, changed_at = CASE WHEN changed_at > ? THEN changed_at - stale_at + ? ELSE"
      " changed_at END, measured_at = measured_at - stale_at + ?, expires_at = expires_at - stale_at + ?, stale_at = ?"
      " WHERE probe = ? AND measured_at > ?",
      revision, now, now, now, now, now, probe, now + kClockTolerance);
  session.run("UPDATE reading SET revision = ?, failed_at = ? WHERE probe = ? AND failed_at > ?", revision, now, probe,
              now + kClockTolerance);
  session.run(
      "UPDATE task SET due = ?, must = NULL, phase = (id * ?) % ? WHERE probe = ? AND due > ? AND (profile_id < 0 OR"
      " profile_id IN (SELECT r.profile_id FROM reading r WHERE r.revision = ?))",
      now, kSpread, ttl, probe, now, revision);
}

/// A lease that is longer than it was given for is one of a clock that was ahead. A replica that lives renews it long
/// before it ends.
void shorten_leases(sql::Session& session, const std::string& probe, base::Time now) {
  session.run(
      "UPDATE task SET lease_until = ? + CASE WHEN lease > 0 THEN lease ELSE ? END"
      " WHERE probe = ? AND lease_until > ? + CASE WHEN lease > 0 THEN lease ELSE ? END",
      now, base::Duration{kUnknownLease}, probe, now + kClockTolerance, base::Duration{kUnknownLease});
}

}  // namespace

void bring_forward(sql::Session& session, const std::string& probe, base::Duration ttl, base::Time now) {
  session.run(
      "UPDATE task SET due = CASE WHEN due > ? THEN ? + (id * ?) % ? ELSE due END, must = NULL"
      " WHERE probe = ? AND (due > ? OR must > ?)",
      now + ttl, now, kSpread, ttl, probe, now + ttl, now + ttl);
}

base::Time SqlStore::now() {
  return with_session([this](sql::Session& session) { return clock_now(session); });
}

base::Time SqlStore::clock_now(sql::Session& session) {
  return watch_.look([&session] { return session.now(); });
}

void SqlStore::note_future(const std::string& probe, base::Time now, std::optional<base::Time> latest_lease,
                           std::optional<base::Time> latest_due) {
  const std::lock_guard lock(prepared_mutex_);
  const auto found = prepared_.find(probe);
  if (found == prepared_.end()) return;
  Prepared& prepared = found->second;
  if ((latest_lease && *latest_lease > now + kClockTolerance) ||
      (latest_due && *latest_due > now + prepared.ttl + kClockTolerance))
    prepared.from_future = true;
}

bool SqlStore::mend_after(bool stepped) {
  std::map<std::string, Prepared> wrong;
  {
    const std::lock_guard lock(prepared_mutex_);
    for (auto& [probe, prepared] : prepared_) {
      prepared.from_future = prepared.from_future || stepped;
      if (prepared.from_future) wrong.emplace(probe, prepared);
    }
  }
  for (const auto& [probe, prepared] : wrong) {
    try {
      mend(probe, prepared.ttl);
    } catch (const sql::Error&) {
      return false;  // the next poll goes on; a failed write must not affect readers
    }
    const std::lock_guard lock(prepared_mutex_);
    prepared_[probe].from_future = false;
  }
  return !wrong.empty();
}

void SqlStore::mend(const std::string& probe, base::Duration ttl) {
  write([&](sql::Transaction& tx) {
    lock_board(*tx);
    const base::Time now = clock_now(*tx);
    if (has_future_reading(*tx, probe, now)) age_future_readings(*tx, probe, ttl, now, next_revision(*tx));
    shorten_leases(*tx, probe, now);
    // A leased task was due when it was leased.
    tx->run("UPDATE task SET due = ? WHERE probe = ? AND owner <> '' AND due > ?", now, probe, now + kClockTolerance);
    bring_forward(*tx, probe, ttl, now);
  });
}

}  // namespace store
