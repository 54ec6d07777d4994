#include <spdlog/spdlog.h>

#include "store/sql_store.hpp"

namespace store {
namespace {

using core::ProfileId;
using core::ProfileKey;
using core::Revision;

std::unexpected<base::Error> conflict(const ProfileKey& key) {
  return base::fail(base::Errc::conflict, fmt::format("profile '{} {}' exists", key.provider, key.name));
}

std::unexpected<base::Error> not_found(ProfileId id) {
  return base::fail(base::Errc::not_found, fmt::format("there is no profile {}", id));
}

/// The profile with `key`, adopted or about to be.
std::optional<ProfileId> find(sql::Session& session, const ProfileKey& key) {
  auto query = session.query("SELECT id FROM hardware WHERE provider = ? AND name = ? AND revision >= 0", key.provider,
                             key.name);
  return query.step() ? std::optional(query.get<ProfileId>(0)) : std::nullopt;
}

/// Gives a row of `hardware` what an adopted profile has: a revision, and a reading that is PENDING.
void make_pending(sql::Session& session, ProfileId id, Revision revision) {
  session.run("UPDATE hardware SET revision = ? WHERE id = ?", revision, id);
  session.run("DELETE FROM reading WHERE profile_id = ?", id);
  session.run(
      "INSERT INTO reading (profile_id, revision, probe)"
      " VALUES (?, ?, COALESCE((SELECT probe FROM task WHERE profile_id = ?), ''))",
      id, revision, id);
  // Plain SQL may use an id again.
  session.run("DELETE FROM removed WHERE profile_id = ?", id);
}

ProfileId insert(sql::Session& session, const ProfileKey& key, Revision revision) {
  session.run("INSERT INTO hardware (provider, name, revision) VALUES (?, ?, ?)", key.provider, key.name, revision);
  const ProfileId id = session.last_id();
  make_pending(session, id, revision);
  return id;
}

/// Takes everything about a profile away, and leaves a tombstone.
void bury(sql::Session& session, ProfileId id, Revision revision) {
  session.run("DELETE FROM task WHERE profile_id = ?", id);
  session.run("DELETE FROM reading WHERE profile_id = ?", id);
  session.run("DELETE FROM hardware WHERE id = ?", id);
  session.run("DELETE FROM removed WHERE profile_id = ?", id);
  session.run("INSERT INTO removed (profile_id, revision, removed_at) VALUES (?, ?, ?)", id, revision, session.now());
}

/// Rows that were inserted with plain SQL; with `again`, also those that were refused before.
std::vector<std::pair<ProfileId, ProfileKey>> strangers(sql::Session& session, bool again) {
  std::vector<std::pair<ProfileId, ProfileKey>> found;
  auto query = session.query("SELECT id, provider, name FROM hardware WHERE revision BETWEEN ? AND 0", again ? -1 : 0);
  while (query.step())
    found.emplace_back(query.get<ProfileId>(0), ProfileKey{query.get<std::string>(1), query.get<std::string>(2)});
  std::ranges::sort(found);  // of duplicates the oldest is adopted
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

core::Revision next_revision(sql::Session& session) {
  session.run("UPDATE board SET revision = revision + 1 WHERE id = 1");
  auto query = session.query("SELECT revision FROM board WHERE id = 1");
  query.step();
  return query.get<Revision>(0);
}

void SqlStore::adopt(Adopt what) {
  const bool all = what == Adopt::everything;
  const bool idle =
      read([all](sql::Transaction& tx) { return strangers(*tx, all).empty() && (!all || orphans(*tx).empty()); });
  if (idle) return;
  write([all](sql::Transaction& tx) {
    const Revision revision = next_revision(*tx);
    for (const auto& [id, key] : strangers(*tx, all)) {
      const std::string wrong = complaint(*tx, key);
      if (wrong.empty()) {
        make_pending(*tx, id, revision);
      } else {
        tx->run("UPDATE hardware SET revision = -1 WHERE id = ?", id);
        spdlog::warn("row {} of table hardware is left out: {}", id, wrong);
      }
    }
    if (!all) return;
    for (const ProfileId id : orphans(*tx)) bury(*tx, id, revision);
  });
}

base::Result<core::Profile> SqlStore::add(const ProfileKey& key) {
  return write([&key](sql::Transaction& tx) -> base::Result<core::Profile> {
    const Revision revision = next_revision(*tx);
    if (find(*tx, key)) {
      tx.rollback();
      return conflict(key);
    }
    return core::Profile{insert(*tx, key, revision), key};
  });
}

std::size_t SqlStore::add_missing(std::span<const ProfileKey> keys) {
  const bool all_exist = read([keys](sql::Transaction& tx) {
    return std::ranges::all_of(keys, [&](const ProfileKey& key) { return find(*tx, key).has_value(); });
  });
  if (all_exist) return 0;
  return write([keys](sql::Transaction& tx) {
    const Revision revision = next_revision(*tx);
    std::size_t added = 0;
    for (const ProfileKey& key : keys) {
      if (find(*tx, key)) continue;
      insert(*tx, key, revision);
      ++added;
    }
    return added;
  });
}

base::Result<core::Profile> SqlStore::replace(ProfileId id, const ProfileKey& key) {
  return write([&](sql::Transaction& tx) -> base::Result<core::Profile> {
    const Revision revision = next_revision(*tx);
    const auto owner = find(*tx, key);
    const bool exists = tx->query("SELECT 1 FROM hardware WHERE id = ?", id).step();
    if (!exists || owner) tx.rollback();
    if (!exists) return not_found(id);
    if (owner && owner != id) return conflict(key);
    if (owner) return core::Profile{id, key};
    tx->run("UPDATE hardware SET provider = ?, name = ? WHERE id = ?", key.provider, key.name, id);
    make_pending(*tx, id, revision);
    tx->run("UPDATE task SET due = ?, lease_until = 0, owner = '', token = token + 1 WHERE profile_id = ?", tx->now(),
            id);
    return core::Profile{id, key};
  });
}

base::Result<void> SqlStore::remove(ProfileId id) {
  return write([id](sql::Transaction& tx) -> base::Result<void> {
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
    // No change to anybody's rows, so it takes no revision; the lock on the board is the same.
    tx->run("UPDATE board SET removed_since = removed_since WHERE id = 1");
    const auto revision = newest(tx);
    if (!revision) return;
    tx->run("UPDATE board SET removed_since = ? WHERE id = 1", *revision);
    tx->run("DELETE FROM removed WHERE revision <= ?", *revision);
  });
}

}  // namespace store
