#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "store/sql_store.hpp"
#include "store/world.hpp"

namespace store {
namespace {

using core::ProfileId;
using core::ProfileKey;
using core::Revision;

/// Rows per transaction, so that nobody waits long for the lock while 100,000 profiles are added.
constexpr std::size_t kRowsPerTransaction = 4096;

std::unexpected<base::Error> conflict(const ProfileKey& key) {
  return base::fail(base::Errc::conflict, fmt::format("profile '{} {}' exists", key.provider, key.name));
}

std::unexpected<base::Error> not_found(ProfileId id) {
  return base::fail(base::Errc::not_found, fmt::format("there is no profile {}", id));
}

/// The profile with `key`, adopted or about to be.
std::optional<ProfileId> id_with(sql::Session& session, const ProfileKey& key) {
  auto query = session.query("SELECT id FROM hardware WHERE provider = ? AND name = ? AND revision >= 0", key.provider,
                             key.name);
  return query.step() ? std::optional(query.get<ProfileId>(0)) : std::nullopt;
}

std::set<ProfileKey> all_keys(sql::Session& session) {
  std::set<ProfileKey> keys;
  auto query = session.query("SELECT provider, name FROM hardware WHERE revision >= 0");
  while (query.step()) keys.insert({query.get<std::string>(0), query.get<std::string>(1)});
  return keys;
}

/// Gives the rows of `hardware` that carry this new revision what a profile has: a reading that is PENDING. Returns
/// their ids.
std::vector<ProfileId> make_pending(sql::Session& session, Revision revision) {
  static const std::string kForget = sql::with_list("DELETE FROM reading WHERE profile_id");
  static const std::string kRevive = sql::with_list("DELETE FROM removed WHERE profile_id");
  std::vector<ProfileId> ids;
  {
    auto query = session.query("SELECT id FROM hardware WHERE revision = ? ORDER BY id", revision);
    while (query.step()) ids.push_back(query.get<ProfileId>(0));
  }
  sql::for_each_list<ProfileId>(ids, [&](std::span<const ProfileId> part) {
    session.run(kForget, part);
    session.run(kRevive, part);  // plain SQL may use an id again
  });
  session.run(
      "INSERT INTO reading (profile_id, revision, probe) SELECT h.id, h.revision, COALESCE(t.probe, '')"
      " FROM hardware h LEFT JOIN task t ON t.profile_id = h.id WHERE h.revision = ?",
      revision);
  return ids;
}

void insert(sql::Session& session, std::span<const ProfileKey> keys, Revision revision,
            const std::string& origin = {}) {
  static const sql::RowsStatement kInsert("INSERT INTO hardware (provider, name, revision, origin) VALUES ", 4);
  kInsert.run(session, keys,
              [&](sql::Query& query, const ProfileKey& key) { query.bind(key.provider, key.name, revision, origin); });
}

/// Takes everything about a profile away, and leaves a tombstone.
void bury(sql::Session& session, ProfileId id, Revision revision) {
  session.run("DELETE FROM task WHERE profile_id = ?", id);
  session.run("DELETE FROM reading WHERE profile_id = ?", id);
  session.run("DELETE FROM attribute WHERE profile_id = ?", id);
  session.run("DELETE FROM hardware WHERE id = ?", id);
  session.run("DELETE FROM removed WHERE profile_id = ?", id);
  session.run("INSERT INTO removed (profile_id, revision, removed_at) VALUES (?, ?, ?)", id, revision, session.now());
}

using Stranger = std::pair<ProfileId, ProfileKey>;

/// What stands in hardware.revision of rows that are no profiles.
constexpr Revision kUnseen = 0;
constexpr Revision kRefused = -1;

/// The next rows with this mark.
std::vector<Stranger> strangers(sql::Session& session, Revision mark, ProfileId after) {
  std::vector<Stranger> found;
  auto query =
      session.query("SELECT id, provider, name FROM hardware WHERE revision = ? AND id > ? ORDER BY id LIMIT ?", mark,
                    after, kRowsPerTransaction);
  while (query.step())
    found.emplace_back(query.get<ProfileId>(0), ProfileKey{query.get<std::string>(1), query.get<std::string>(2)});
  return found;
}

/// Profiles whose row was deleted with plain SQL.
std::vector<ProfileId> orphans(sql::Session& session) {
  std::vector<ProfileId> ids;
  auto query = session.query(
      "SELECT profile_id FROM reading r WHERE NOT EXISTS (SELECT 1 FROM hardware h WHERE h.id = r.profile_id)");
  while (query.step()) ids.push_back(query.get<ProfileId>(0));
  return ids;
}

/// Why a row cannot become a profile; empty when it can.
std::string complaint(sql::Session& session, const ProfileKey& key) {
  if (auto checked = core::checked_key(key.provider, key.name); !checked) return checked.error().message;
  auto twin =
      session.query("SELECT id FROM hardware WHERE provider = ? AND name = ? AND revision > 0", key.provider, key.name);
  return twin.step() ? fmt::format("it repeats profile {}", twin.get<ProfileId>(0)) : std::string();
}

}  // namespace

core::Revision SqlStore::next_revision(sql::Session& session) {
  session.run("UPDATE board SET revision = revision + 1 WHERE id = 1");
  auto query = session.query("SELECT revision FROM board WHERE id = 1");
  query.step();
  const auto revision = query.get<Revision>(0);
  const Revision known = known_;
  return revision > known ? revision : start_new_world(session, known);
}

void SqlStore::know(Revision revision) {
  Revision known = known_;
  while (known < revision && !known_.compare_exchange_weak(known, revision)) continue;
}

void SqlStore::adopt(Adopt what) {
  const bool all = what == Adopt::everything;
  // Looked at again under the lock, so it need not be one state: no transaction.
  const bool idle = with_session([all](sql::Session& session) {
    return strangers(session, kUnseen, 0).empty() &&
           (!all || (strangers(session, kRefused, 0).empty() && orphans(session).empty()));
  });
  if (idle) return;
  for (ProfileId after = 0; (after = adopt_some(kUnseen, after)) != 0;) continue;
  if (!all) return;
  for (ProfileId after = 0; (after = adopt_some(kRefused, after)) != 0;) continue;
  write([this](sql::Transaction& tx) {
    const Revision revision = next_revision(*tx);
    const auto gone = orphans(*tx);
    if (gone.empty()) tx.rollback();
    for (const ProfileId id : gone) bury(*tx, id, revision);
  });
}

/// Adopts the next rows with this mark after this id; returns the last of them, 0 when there are none.
ProfileId SqlStore::adopt_some(Revision mark, ProfileId after) {
  return write([&](sql::Transaction& tx) -> ProfileId {
    const Revision revision = next_revision(*tx);
    const auto found = strangers(*tx, mark, after);
    if (found.empty()) {
      tx.rollback();
      return 0;
    }
    for (const auto& [id, key] : found) {
      const std::string wrong = complaint(*tx, key);
      tx->run("UPDATE hardware SET revision = ? WHERE id = ?", wrong.empty() ? revision : kRefused, id);
      if (!wrong.empty()) spdlog::warn("row {} of table hardware is left out: {}", id, wrong);
    }
    make_pending(*tx, revision);
    return found.back().first;
  });
}

base::Result<core::Profile> SqlStore::add(const ProfileKey& key) {
  return write([&](sql::Transaction& tx) -> base::Result<core::Profile> {
    const Revision revision = next_revision(*tx);
    if (id_with(*tx, key)) {
      tx.rollback();
      return conflict(key);
    }
    insert(*tx, {&key, 1}, revision);
    return core::Profile{make_pending(*tx, revision).front(), key};
  });
}

std::size_t SqlStore::add_missing(std::span<const ProfileKey> keys) {
  return add_from("", keys);
}

std::size_t SqlStore::add_from(const std::string& origin, std::span<const ProfileKey> keys) {
  std::size_t added = 0;
  for (; !keys.empty(); keys = keys.subspan(std::min(keys.size(), kRowsPerTransaction))) {
    const auto part = keys.first(std::min(keys.size(), kRowsPerTransaction));
    const auto missing = [part](sql::Transaction& tx) {
      auto known = all_keys(*tx);
      std::vector<ProfileKey> missing;
      std::ranges::copy_if(part, std::back_inserter(missing),
                           [&](const ProfileKey& key) { return known.insert(key).second; });
      return missing;
    };
    if (read(missing).empty()) continue;
    added += write([&](sql::Transaction& tx) {
      const Revision revision = next_revision(*tx);
      const auto still_missing = missing(tx);
      insert(*tx, still_missing, revision, origin);
      make_pending(*tx, revision);
      return still_missing.size();
    });
  }
  return added;
}

base::Result<core::Profile> SqlStore::replace(ProfileId id, const ProfileKey& key) {
  return write([&](sql::Transaction& tx) -> base::Result<core::Profile> {
    const Revision revision = next_revision(*tx);
    const auto owner = id_with(*tx, key);
    const bool exists = tx->query("SELECT 1 FROM hardware WHERE id = ?", id).step();
    if (!exists || owner) tx.rollback();
    if (!exists) return not_found(id);
    if (owner && owner != id) return conflict(key);
    if (owner) return core::Profile{id, key};
    // Somebody's own from now on, whoever discovered it, and perhaps another probe's.
    tx->run("UPDATE hardware SET provider = ?, name = ?, revision = ?, origin = '' WHERE id = ?", key.provider,
            key.name, revision, id);
    tx->run("DELETE FROM task WHERE profile_id = ?", id);
    make_pending(*tx, revision);
    return core::Profile{id, key};
  });
}

base::Result<void> SqlStore::set_attributes(ProfileId id, const core::Attributes& attributes) {
  return write([&](sql::Transaction& tx) -> base::Result<void> {
    lock_board(*tx);
    if (!tx->query("SELECT 1 FROM hardware WHERE id = ?", id).step()) return not_found(id);
    tx->run("DELETE FROM attribute WHERE profile_id = ?", id);
    for (const auto& [name, value] : attributes)
      tx->run("INSERT INTO attribute (profile_id, name, value) VALUES (?, ?, ?)", id, name, value);
    return {};
  });
}

base::Result<core::Profile> SqlStore::find(const ProfileKey& key) {
  return with_session([&](sql::Session& session) -> base::Result<core::Profile> {
    const auto id = id_with(session, key);
    if (!id)
      return base::fail(base::Errc::not_found, fmt::format("there is no profile '{}/{}'", key.provider, key.name));
    std::vector<core::Profile> found{{*id, key, {}}};
    add_attributes(session, found);
    return found.front();
  });
}

base::Result<void> SqlStore::remove(ProfileId id) {
  return write([this, id](sql::Transaction& tx) -> base::Result<void> {
    const Revision revision = next_revision(*tx);
    if (!tx->query("SELECT 1 FROM hardware WHERE id = ?", id).step()) {
      tx.rollback();
      return not_found(id);
    }
    bury(*tx, id, revision);
    return {};
  });
}

void SqlStore::forget_removed(base::Duration age) {
  const base::Time before = now() - age;
  const auto newest = [before](sql::Transaction& tx) {
    auto query = tx->query("SELECT MAX(revision) FROM removed WHERE removed_at < ?", before);
    query.step();
    return query.get<std::optional<Revision>>(0);
  };
  if (!read(newest)) return;
  write([&](sql::Transaction& tx) {
    // No change to anybody's rows, so it takes no revision.
    lock_board(*tx);
    const auto revision = newest(tx);
    if (!revision) return;
    tx->run("UPDATE board SET removed_since = ? WHERE id = 1", *revision);
    tx->run("DELETE FROM removed WHERE revision <= ?", *revision);
  });
}

}  // namespace store
