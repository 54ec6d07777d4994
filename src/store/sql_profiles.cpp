#include <algorithm>
#include <ranges>

#include "store/profile_rows.hpp"
#include "store/sql_store.hpp"
#include "store/world.hpp"

namespace store {
namespace {

using core::Profile;
using core::ProfileId;
using core::ProfileKey;
using core::Revision;

/// Rows per transaction, so that nobody waits long for the lock while 100,000 profiles are added.
constexpr std::size_t kRowsPerTransaction = 4096;

std::vector<ProfileKey> keys_of(std::span<const core::NewProfile> profiles) {
  std::vector<ProfileKey> keys;
  for (const core::NewProfile& profile : profiles) keys.push_back(profile.key);
  return keys;
}

std::unexpected<base::Error> conflict(const ProfileKey& key) {
  return base::fail(base::Errc::conflict, fmt::format("profile '{} {}' exists", key.provider, key.name));
}

std::unexpected<base::Error> not_found(ProfileId id) {
  return base::fail(base::Errc::not_found, fmt::format("there is no profile {}", id));
}

/// The profile with `key`, adopted or about to be.
std::optional<ProfileId> id_with(sql::Session& session, const ProfileKey& key) {
  auto query = session.query("SELECT id FROM hardware WHERE provider = ? AND name = ? AND revision >= ? ORDER BY id",
                             key.provider, key.name, kUnseen);
  return query.step() ? std::optional(query.get<ProfileId>(0)) : std::nullopt;
}

std::vector<ProfileKey> missing_of(sql::Session& session, std::span<const core::NewProfile> profiles) {
  const std::vector<ProfileKey> keys = keys_of(profiles);
  auto known = ids_of(session, keys, kUnseen);
  std::vector<ProfileKey> missing;
  for (const ProfileKey& key : keys)
    if (known.try_emplace(key).second) missing.push_back(key);
  return missing;
}

/// Profiles that exist without some of their labels, each with all that it is to have.
std::vector<Profile> lacking_of(sql::Session& session, std::span<const core::NewProfile> profiles) {
  std::map<ProfileKey, const core::Labels*> wanted;
  for (const core::NewProfile& profile : profiles)
    if (!profile.labels.empty()) wanted.emplace(profile.key, &profile.labels);
  const std::vector<ProfileKey> keys(std::views::keys(wanted).begin(), std::views::keys(wanted).end());
  std::vector<Profile> found;
  for (const auto& [key, id] : ids_of(session, keys, kUnseen)) found.push_back({id, key, {}});
  add_labels(session, found);
  std::erase_if(found, [&](Profile& profile) {
    const core::Labels before = profile.labels;
    for (const auto& [name, value] : *wanted[profile.key]) profile.labels[name] = value;
    return profile.labels == before;
  });
  return found;
}

}  // namespace

core::Revision SqlStore::next_revision(sql::Session& session) {
  session.run("UPDATE board SET revision = revision + 1 WHERE id = 1");
  const Revision revision = board_row(session).revision;
  const Revision known = known_;
  return revision > known ? revision : start_new_world(session, known);
}

void SqlStore::know(Revision revision) {
  Revision known = known_;
  while (known < revision && !known_.compare_exchange_weak(known, revision)) continue;
}

std::vector<Added> SqlStore::add_all(std::span<const core::NewProfile> profiles) {
  const std::vector<ProfileKey> keys = keys_of(profiles);
  std::map<ProfileKey, const core::Labels*> labels;
  for (const core::NewProfile& profile : profiles) labels.try_emplace(profile.key, &profile.labels);
  return write([&](sql::Transaction& tx) {
    const Revision revision = next_revision(*tx);
    auto ids = ids_of(*tx, keys, kUnseen);
    std::vector<Added> added;
    std::vector<ProfileKey> missing;
    // The first of two that are the same is added, with its labels.
    for (const ProfileKey& key : keys) {
      const bool is_new = ids.try_emplace(key).second;
      added.push_back({.existed = !is_new});
      if (is_new) missing.push_back(key);
    }
    if (missing.empty()) tx.rollback();
    if (!missing.empty()) {
      insert_profiles(*tx, missing, revision, "");
      std::vector<Profile> made = make_pending(*tx, revision);
      for (Profile& profile : made) {
        ids[profile.key] = profile.id;
        profile.labels = *labels[profile.key];
      }
      insert_labels(*tx, made);
    }
    for (std::size_t i = 0; i < keys.size(); ++i) added[i].id = ids[keys[i]];
    return added;
  });
}

std::size_t SqlStore::add_missing(std::span<const core::NewProfile> profiles) {
  return add_from("", profiles);
}

std::size_t SqlStore::add_from(const std::string& origin, std::span<const core::NewProfile> profiles) {
  std::size_t added = 0;
  for (; !profiles.empty(); profiles = profiles.subspan(std::min(profiles.size(), kRowsPerTransaction))) {
    const auto part = profiles.first(std::min(profiles.size(), kRowsPerTransaction));
    if (read([&](sql::Transaction& tx) { return missing_of(*tx, part).empty() && lacking_of(*tx, part).empty(); }))
      continue;
    added += write([&](sql::Transaction& tx) {
      const Revision revision = next_revision(*tx);
      const auto missing = missing_of(*tx, part);
      insert_profiles(*tx, missing, revision, origin);
      make_pending(*tx, revision);
      for (const Profile& profile : lacking_of(*tx, part)) replace_labels(*tx, profile, revision);
      return missing.size();
    });
  }
  return added;
}

base::Result<Profile> SqlStore::change(ProfileId id, const ProfileKey& key, const std::optional<core::Labels>& labels) {
  return write([&](sql::Transaction& tx) -> base::Result<Profile> {
    const Revision revision = next_revision(*tx);
    const auto owner = id_with(*tx, key);
    const bool exists = tx->query("SELECT 1 FROM hardware WHERE id = ?", id).step();
    const bool changes = exists && (!owner || (owner == id && labels));
    if (!changes) tx.rollback();
    if (!exists) return not_found(id);
    if (owner && owner != id) return conflict(key);
    if (!owner) {
      // No longer a discovered profile, and perhaps another probe's.
      tx->run("UPDATE hardware SET provider = ?, name = ?, revision = ?, origin = '' WHERE id = ?", key.provider,
              key.name, revision, id);
      tx->run("DELETE FROM task WHERE profile_id = ?", id);
      make_pending(*tx, revision);
    }
    if (labels) replace_labels(*tx, {id, key, *labels}, revision);
    return Profile{id, key};
  });
}

base::Result<void> SqlStore::set_labels(ProfileId id, const core::Labels& labels) {
  return write([&](sql::Transaction& tx) -> base::Result<void> {
    const Revision revision = next_revision(*tx);
    if (!tx->query("SELECT 1 FROM hardware WHERE id = ?", id).step()) {
      tx.rollback();
      return not_found(id);
    }
    replace_labels(*tx, {id, {}, labels}, revision);
    return {};
  });
}

base::Result<Profile> SqlStore::find(const ProfileKey& key) {
  return read([&](sql::Transaction& tx) -> base::Result<Profile> {
    const auto id = id_with(*tx, key);
    if (!id)
      return base::fail(base::Errc::not_found, fmt::format("there is no profile '{}/{}'", key.provider, key.name));
    std::vector<Profile> found{{*id, key, {}}};
    add_labels(*tx, found);
    return found.front();
  });
}

std::vector<Profile> SqlStore::profiles() {
  return read([](sql::Transaction& tx) {
    std::vector<Profile> all;
    {
      // Plain SQL may have written a row twice: the oldest is the profile.
      auto query = tx->query("SELECT MIN(id), provider, name FROM hardware WHERE revision >= ? GROUP BY provider, name",
                             kUnseen);
      while (query.step())
        all.push_back({query.get<ProfileId>(0), {query.get<std::string>(1), query.get<std::string>(2)}, {}});
    }
    std::ranges::sort(all, {}, &Profile::id);
    add_labels(*tx, all);
    std::ranges::sort(all, {}, &Profile::key);
    return all;
  });
}

base::Result<void> SqlStore::remove(ProfileId id) {
  return write([this, id](sql::Transaction& tx) -> base::Result<void> {
    const Revision revision = next_revision(*tx);
    if (!tx->query("SELECT 1 FROM hardware WHERE id = ?", id).step()) {
      tx.rollback();
      return not_found(id);
    }
    bury(*tx, {&id, 1}, revision);
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
