#include "store/profile_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "sql/error.hpp"

namespace store {
namespace {

using core::Profile;
using core::ProfileId;
using core::ProfileKey;
using core::Revision;

/// Keys that one statement asks for: a database plans for each.
constexpr std::size_t kKeysAtOnce = 64;

std::string keys_statement() {
  std::string text = "SELECT id, provider, name, revision FROM hardware WHERE ";
  for (std::size_t i = 0; i < kKeysAtOnce; ++i)
    text += i == 0 ? "(provider = ? AND name = ?)" : " OR (provider = ? AND name = ?)";
  return text;
}

std::vector<ProfileId> ids_in(sql::Query query) {
  std::vector<ProfileId> ids;
  while (query.step()) ids.push_back(query.get<ProfileId>(0));
  return ids;
}

/// Plain SQL may use an id again: deletes the remains of its former profile.
void forget_former(sql::Session& session, Revision revision) {
  static const std::string kForget = sql::with_list("DELETE FROM reading WHERE profile_id");
  static const std::string kForgetNumbers = sql::with_list("DELETE FROM summary WHERE profile_id");
  static const std::string kRevive = sql::with_list("DELETE FROM removed WHERE profile_id");
  const auto forget = [&](std::string_view search, const std::string& statement) {
    const auto ids = ids_in(session.query(search, revision));
    sql::for_each_list<ProfileId>(ids, [&](std::span<const ProfileId> part) {
      session.run(statement, part);
      session.run(kForgetNumbers, part);
    });
  };
  forget("SELECT r.profile_id FROM hardware h JOIN reading r ON r.profile_id = h.id WHERE h.revision = ?", kForget);
  forget("SELECT r.profile_id FROM hardware h JOIN removed r ON r.profile_id = h.id WHERE h.revision = ?", kRevive);
}

/// Databases give a misleading error, such as a full disk, when plain SQL has taken the largest id.
[[noreturn]] void explain_ids(sql::Session& session, const sql::Error& error) {
  constexpr ProfileId kLargest = std::numeric_limits<ProfileId>::max();
  ProfileId largest = 0;
  try {
    const bool counts = session.dialect().single_writer;
    auto query = session.query(counts ? "SELECT MAX(seq) FROM sqlite_sequence WHERE name = 'hardware'"
                                      : "SELECT MAX(id) FROM hardware");
    if (query.step()) largest = query.get<std::optional<ProfileId>>(0).value_or(0);
  } catch (const sql::Error&) {
    throw error;
  }
  if (largest < kLargest) throw error;
  throw sql::Error(sql::ErrorKind::lost,
                   fmt::format("table hardware had a row with the largest id that there is, {}, so no profile can be "
                               "added; delete that row and let ids go on from a smaller one ({})",
                               kLargest,
                               session.dialect().single_writer
                                   ? "UPDATE sqlite_sequence SET seq = (SELECT MAX(id) FROM hardware) WHERE name = "
                                     "'hardware'"
                                   : "ALTER TABLE hardware AUTO_INCREMENT = 1"));
}

}  // namespace

std::map<ProfileKey, ProfileId> ids_of(sql::Session& session, std::span<const ProfileKey> keys, Revision least) {
  static const std::string kSql = keys_statement();
  std::map<ProfileKey, ProfileId> ids;
  for (; !keys.empty(); keys = keys.subspan(std::min(keys.size(), kKeysAtOnce))) {
    sql::Query query = session.query(kSql);
    for (std::size_t i = 0; i < kKeysAtOnce; ++i) {
      const ProfileKey& key = keys[std::min(i, keys.size() - 1)];
      query.bind(key.provider, key.name);
    }
    while (query.step()) {
      if (query.get<Revision>(3) < least) continue;
      const auto id = query.get<ProfileId>(0);
      const auto [known, is_new] = ids.try_emplace({query.get<std::string>(1), query.get<std::string>(2)}, id);
      if (!is_new) known->second = std::min(known->second, id);
    }
  }
  return ids;
}

void insert_profiles(sql::Session& session, std::span<const ProfileKey> keys, Revision revision,
                     const std::string& origin) {
  static const sql::RowsStatement kInsert("INSERT INTO hardware (provider, name, revision, origin) VALUES ", 4);
  try {
    kInsert.run(session, keys, [&](sql::Query& query, const ProfileKey& key) {
      query.bind(key.provider, key.name, revision, origin);
    });
  } catch (const sql::Error& error) {
    explain_ids(session, error);
  }
}

std::vector<Profile> make_pending(sql::Session& session, Revision revision) {
  std::vector<Profile> profiles;
  {
    auto query = session.query("SELECT id, provider, name FROM hardware WHERE revision = ? ORDER BY id", revision);
    while (query.step())
      profiles.push_back({query.get<ProfileId>(0), {query.get<std::string>(1), query.get<std::string>(2)}, {}});
  }
  forget_former(session, revision);
  session.run(
      "INSERT INTO reading (profile_id, revision, probe) SELECT h.id, h.revision, COALESCE(t.probe, '')"
      " FROM hardware h LEFT JOIN task t ON t.profile_id = h.id WHERE h.revision = ?",
      revision);
  return profiles;
}

void unlist(sql::Session& session, std::span<const ProfileId> ids, Revision revision) {
  static const std::string kStatements[] = {sql::with_list("DELETE FROM task WHERE profile_id"),
                                            sql::with_list("DELETE FROM reading WHERE profile_id"),
                                            sql::with_list("DELETE FROM removed WHERE profile_id")};
  static const sql::RowsStatement kTombstones("INSERT INTO removed (profile_id, revision, removed_at) VALUES ", 3);
  const base::Time now = session.now();
  sql::for_each_list(ids, [&](std::span<const ProfileId> part) {
    for (const std::string& statement : kStatements) session.run(statement, part);
  });
  kTombstones.run(session, ids, [&](sql::Query& query, ProfileId id) { query.bind(id, revision, now); });
}

void bury(sql::Session& session, std::span<const ProfileId> ids, Revision revision) {
  static const std::string kStatements[] = {sql::with_list("DELETE FROM attribute WHERE profile_id"),
                                            sql::with_list("DELETE FROM hardware WHERE id")};
  unlist(session, ids, revision);
  sql::for_each_list(ids, [&](std::span<const ProfileId> part) {
    for (const std::string& statement : kStatements) session.run(statement, part);
  });
}

void insert_labels(sql::Session& session, std::span<const Profile> profiles) {
  static const sql::RowsStatement kInsert("INSERT INTO attribute (profile_id, name, value) VALUES ", 3);
  struct Label {
    ProfileId profile;
    const std::string& name;
    const std::string& value;
  };
  std::vector<Label> labels;
  for (const Profile& profile : profiles)
    for (const auto& [name, value] : profile.labels) labels.push_back({profile.id, name, value});
  kInsert.run(session, std::span<const Label>(labels),
              [](sql::Query& query, const Label& label) { query.bind(label.profile, label.name, label.value); });
}

void replace_labels(sql::Session& session, const Profile& profile, Revision revision) {
  session.run("DELETE FROM attribute WHERE profile_id = ?", profile.id);
  insert_labels(session, {&profile, 1});
  session.run("UPDATE reading SET revision = ? WHERE profile_id = ?", revision, profile.id);
}

}  // namespace store
