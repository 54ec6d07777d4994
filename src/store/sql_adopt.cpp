// Rows that somebody inserted with plain SQL become profiles.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>
#include <set>

#include "store/profile_rows.hpp"
#include "store/sql_store.hpp"
#include "store/world.hpp"

namespace store {
namespace {

using core::ProfileId;
using core::ProfileKey;
using core::Revision;

/// Rows per transaction: writers of readings wait for it, so it takes a fraction of a second.
constexpr std::size_t kAdoptedAtOnce = 2048;
/// Before all ids: plain SQL may give a negative one.
constexpr ProfileId kFirst = std::numeric_limits<ProfileId>::min();
/// The largest number of left-out rows that the log names one by one.
constexpr std::size_t kNamedRows = 3;

using Stranger = std::pair<ProfileId, ProfileKey>;

/// The next rows with this mark.
std::vector<Stranger> strangers(sql::Session& session, Revision mark, ProfileId after, std::size_t limit) {
  std::vector<Stranger> found;
  auto query = session.query(
      "SELECT id, provider, name FROM hardware WHERE revision = ? AND id > ? ORDER BY id LIMIT ?", mark, after, limit);
  while (query.step())
    found.emplace_back(query.get<ProfileId>(0), ProfileKey{query.get<std::string>(1), query.get<std::string>(2)});
  return found;
}

/// Profiles whose row was deleted with plain SQL.
std::vector<ProfileId> orphans(sql::Session& session, std::size_t limit) {
  std::vector<ProfileId> ids;
  auto query = session.query(
      "SELECT profile_id FROM reading r WHERE NOT EXISTS (SELECT 1 FROM hardware h WHERE h.id = r.profile_id) LIMIT ?",
      limit);
  while (query.step()) ids.push_back(query.get<ProfileId>(0));
  return ids;
}

/// Why rows cannot become profiles; those that can are not in it.
std::map<ProfileId, std::string> complaints(sql::Session& session, std::span<const Stranger> rows) {
  std::vector<ProfileKey> keys;
  for (const auto& [id, key] : rows) keys.push_back(key);
  auto owners = ids_of(session, keys, kUnseen + 1);
  std::map<ProfileId, std::string> complaints;
  for (const auto& [id, key] : rows) {
    if (id <= 0)
      complaints[id] = "its id is not positive; give it another one";
    else if (auto checked = core::checked_key(key.provider, key.name); !checked)
      complaints[id] = checked.error().message;
    else if (const auto [owner, is_new] = owners.try_emplace(key, id); !is_new)
      complaints[id] = fmt::format("it repeats profile {}", owner->second);
  }
  return complaints;
}

void mark(sql::Session& session, std::span<const ProfileId> ids, Revision revision) {
  static const std::string kSql = sql::with_list("UPDATE hardware SET revision = ? WHERE id");
  sql::for_each_list(ids, [&](std::span<const ProfileId> part) { session.run(kSql, revision, part); });
}

}  // namespace

bool SqlStore::adopt_fresh() {
  LeftOut left_out;
  const bool more = adopt_some(kUnseen, kFirst, left_out).has_value();
  // Logged once for all rows that came together.
  const std::lock_guard lock(left_out_mutex_);
  left_out_.add(left_out);
  if (!more) std::exchange(left_out_, {}).tell();
  return more;
}

void SqlStore::adopt_everything() {
  LeftOut left_out;
  for (const Revision mark : {kUnseen, kRefused}) {
    std::optional<ProfileId> after = kFirst;
    if (with_session([&](sql::Session& session) { return strangers(session, mark, *after, 1).empty(); })) continue;
    while (after) after = adopt_some(mark, *after, left_out);
  }
  left_out.tell();
  while (!with_session([](sql::Session& session) { return orphans(session, 1).empty(); }))
    write([this](sql::Transaction& tx) {
      const Revision revision = next_revision(*tx);
      const auto gone = orphans(*tx, kAdoptedAtOnce);
      if (gone.empty()) tx.rollback();
      bury(*tx, gone, revision);
    });
}

void SqlStore::leave_out(std::span<const ProfileId> ids) {
  static const std::string kSql = sql::with_list("SELECT id, provider, name FROM hardware WHERE id");
  std::map<ProfileId, std::string> refused;
  write([&](sql::Transaction& tx) {
    const Revision revision = next_revision(*tx);
    refused.clear();
    sql::for_each_list(ids, [&](std::span<const ProfileId> part) {
      auto query = tx->query(kSql, part);
      while (query.step())
        if (auto checked = core::checked_key(query.get<std::string>(1), query.get<std::string>(2)); !checked)
          refused[query.get<ProfileId>(0)] = checked.error().message;
    });
    // Another replica may have done it, or somebody put them right.
    std::vector<ProfileId> bad;
    for (const auto& [id, why] : refused) bad.push_back(id);
    if (bad.empty()) return tx.rollback();
    mark(*tx, bad, kRefused);
    unlist(*tx, bad, revision);
  });
  LeftOut left_out;
  left_out.add({.rows = refused.size(), .first = {refused.begin(), refused.end()}});
  left_out.tell();
}

/// Adopts the next rows with this mark after this id; returns the last of them, nothing when these were all.
std::optional<ProfileId> SqlStore::adopt_some(Revision marked, ProfileId after, LeftOut& left_out) {
  std::map<ProfileId, std::string> refused;
  const auto last = write([&](sql::Transaction& tx) -> std::optional<ProfileId> {
    const Revision revision = next_revision(*tx);
    const auto found = strangers(*tx, marked, after, kAdoptedAtOnce);
    refused = complaints(*tx, found);
    std::vector<ProfileId> adopted, left;
    for (const auto& [id, key] : found) (refused.contains(id) ? left : adopted).push_back(id);
    if (marked != kRefused) mark(*tx, left, kRefused);
    mark(*tx, adopted, revision);
    if (adopted.empty() && (left.empty() || marked == kRefused))
      tx.rollback();
    else
      make_pending(*tx, revision);
    if (found.size() < kAdoptedAtOnce) return std::nullopt;
    return found.back().first;
  });
  left_out.add({.rows = refused.size(), .first = {refused.begin(), refused.end()}});
  return last;
}

void SqlStore::LeftOut::add(const LeftOut& other) {
  rows += other.rows;
  for (const auto& row : other.first)
    if (first.size() < kNamedRows) first.push_back(row);
}

void SqlStore::LeftOut::tell() const {
  for (const auto& [id, why] : first) spdlog::warn("row {} of table hardware is left out: {}", id, why);
  if (rows > first.size())
    spdlog::warn("{} rows more of table hardware are left out; they have revision -1 there", rows - first.size());
}

}  // namespace store
