// History and launches that are older than they are kept, and the history of profiles that are gone.
#include <algorithm>
#include <limits>
#include <set>

#include "store/buckets.hpp"
#include "store/sql_store.hpp"
#include "store/transitions.hpp"

namespace store {
namespace {

using core::ProfileId;
using core::Span;

/// A round looks at every profile.
constexpr std::chrono::hours kRound{1};
/// Profiles of one step.
constexpr std::size_t kProfiles = sql::kListSize;

constexpr ProfileId kRoundIsOver = -1;
constexpr ProfileId kLastProfile = std::numeric_limits<ProfileId>::max();
constexpr base::Time kEver{base::Duration::max()};

/// Rows to delete in one step, most of them on pages of their own. Where there is one writer, all others wait for it.
std::int64_t rows_of_step(const sql::Session& session) {
  return session.dialect().single_writer ? 50 : 500;
}

/// Where the round is.
struct Position {
  base::Time begun;
  /// The last profile that is done, or kRoundIsOver.
  ProfileId after = kRoundIsOver;

  bool operator==(const Position&) const = default;
};

/// Locks it in a transaction that writes.
Position position(sql::Session& session, std::string_view lock = "") {
  auto query = session.query(fmt::format("SELECT round_at, profile_id FROM housekeeping WHERE id = 1{}", lock));
  return query.step() ? Position{query.get<base::Time>(0), query.get<ProfileId>(1)} : Position{};
}

/// The next profiles of a round, and what is to be done about them.
struct Stretch {
  Position position;
  /// Sorted.
  std::vector<ProfileId> profiles;
  /// The last id of the stretch, with those that are gone.
  ProfileId last = 0;
  std::vector<ProfileId> gone;
  /// Transitions before that time are obsolete.
  std::vector<std::pair<ProfileId, base::Time>> obsolete;
  /// Those with buckets to be summed up.
  std::set<std::pair<ProfileId, Span>> old;
  /// Launches before that time are obsolete; nothing when there are none.
  std::optional<base::Time> launches;

  /// It begins after this id.
  ProfileId first() const { return std::max(position.after, ProfileId{0}); }
  bool is_clean() const { return gone.empty() && obsolete.empty() && old.empty() && !launches; }
};

std::vector<ProfileId> ids_in(sql::Query query) {
  std::vector<ProfileId> ids;
  while (query.step()) ids.push_back(query.get<ProfileId>(0));
  return ids;
}

/// Between the profiles, those that have history and no reading: the first of each gap.
void find_gone(sql::Session& session, Stretch& stretch) {
  const auto look = [&](ProfileId after, ProfileId before) {
    if (before - after < 2) return;
    for (const char* table : {"transition", "summary"}) {
      auto query = session.query(
          fmt::format("SELECT MIN(profile_id) FROM {} WHERE profile_id > ? AND profile_id < ?", table), after, before);
      if (query.step())
        if (const auto id = query.get<std::optional<ProfileId>>(0)) stretch.gone.push_back(*id);
    }
  };
  ProfileId after = stretch.first();
  for (const ProfileId profile : stretch.profiles) look(std::exchange(after, profile), profile);
  if (after < stretch.last) look(after, stretch.last);
}

/// The state that was in force `kept` ago stays.
void find_obsolete(sql::Session& session, Stretch& stretch, base::Time from, bool keeps) {
  static const std::string kOld =
      sql::with_list("SELECT profile_id, MAX(at) FROM transition WHERE at <= ? AND profile_id",
                     " GROUP BY profile_id HAVING COUNT(*) > ?");
  static const std::string kFormer = sql::with_list(
      "SELECT h.id, COALESCE((SELECT MIN(s.at) FROM transition s WHERE s.profile_id = h.id AND s.revision >= "
      "h.revision),"
      " ?) FROM hardware h JOIN transition t ON t.profile_id = h.id AND t.at ="
      " (SELECT s.at FROM transition s WHERE s.profile_id = h.id ORDER BY s.at LIMIT 1) WHERE t.revision < h.revision "
      "AND h.id");
  const std::span<const ProfileId> ids = stretch.profiles;
  for (auto query = session.query(kOld, from, ids, keeps ? 1 : 0); query.step();)
    stretch.obsolete.emplace_back(query.get<ProfileId>(0), keeps ? query.get<base::Time>(1) : kEver);
  for (auto query = session.query(kFormer, kEver, ids); query.step();)
    stretch.obsolete.emplace_back(query.get<ProfileId>(0), query.get<base::Time>(1));
}

/// From when on buckets of `span` stay: what becomes another block does so all together.
base::Time first_kept(Span span, const core::Retention& kept, base::Time now) {
  if (!kept.keeps_numbers()) return kEver;
  switch (span) {
    case Span::five_minutes:
      return block_of(Span::hour, 0, now - kept.five_minutes);
    case Span::hour:
      return block_of(Span::day, 0, now - kept.hours);
    case Span::day:
      return now - kept.days;
  }
  return now;
}

/// Are buckets of `span` summed up in the end, and not just deleted?
bool has_sums(Span span, const core::Retention& kept) {
  return span != Span::day && (kept.days.count() > 0 || (kept.hours.count() > 0 && span == Span::five_minutes));
}

void find_old(sql::Session& session, Stretch& stretch, const core::Retention& kept, base::Time now) {
  static const std::string kSql = sql::with_list(
      "SELECT profile_id FROM summary WHERE span = ? AND begins <= ? AND profile_id", " GROUP BY profile_id");
  for (const Span span : {Span::five_minutes, Span::hour, Span::day})
    for (const ProfileId id :
         ids_in(session.query(kSql, std::to_underlying(span), first_kept(span, kept, now) - block_length(span),
                              std::span<const ProfileId>(stretch.profiles))))
      stretch.old.emplace(id, span);
}

/// What is next in the round; nothing while it rests.
std::optional<Stretch> look_ahead(sql::Session& session, const core::Retention& kept, base::Time now) {
  Stretch stretch{.position = position(session)};
  const bool rests = stretch.position.begun <= now && now < stretch.position.begun + kRound;
  if (stretch.position.after == kRoundIsOver && rests) return std::nullopt;
  stretch.profiles = ids_in(session.query(
      "SELECT profile_id FROM reading WHERE profile_id > ? ORDER BY profile_id LIMIT ?", stretch.first(), kProfiles));
  stretch.last = stretch.profiles.size() < kProfiles ? kLastProfile : stretch.profiles.back();
  find_gone(session, stretch);
  const base::Time from = now - kept.transitions;
  if (session.query("SELECT 1 FROM observation WHERE at < ? LIMIT 1", from).step()) stretch.launches = from;
  if (stretch.profiles.empty()) return stretch;
  find_obsolete(session, stretch, from, kept.transitions.count() > 0);
  find_old(session, stretch, kept, now);
  return stretch;
}

/// At most rows_of_step() of them.
std::int64_t delete_transitions(sql::Session& session, ProfileId profile, base::Time before) {
  {
    auto query = session.query("SELECT at FROM transition WHERE profile_id = ? AND at < ? ORDER BY at LIMIT 1 OFFSET ?",
                               profile, before, rows_of_step(session));
    if (query.step()) before = query.get<base::Time>(0);
  }
  return session.run("DELETE FROM transition WHERE profile_id = ? AND at < ?", profile, before);
}

/// At most rows_of_step() of them.
std::int64_t delete_launches(sql::Session& session, base::Time before) {
  {
    auto query = session.query("SELECT at FROM observation WHERE at < ? ORDER BY at LIMIT 1 OFFSET ?", before,
                               rows_of_step(session));
    if (query.step()) before = query.get<base::Time>(0) + base::Duration{1};
  }
  return session.run("DELETE FROM observation WHERE at < ?", before);
}

/// Adds `sums`, which `revision` made, to the rows of `span`.
void add_sums(sql::Session& session, ProfileId profile, Span span, const Buckets& sums, core::Revision revision) {
  std::set<base::Time> blocks;
  for (const auto& buckets : sums.values)
    for (const auto& [begin, bucket] : buckets) blocks.insert(block_of(span, profile, begin));
  for (const base::Time begins : blocks) {
    Buckets all = sums;
    {
      auto query = session.query(
          "SELECT s.buckets FROM hardware h JOIN summary s ON s.profile_id = h.id AND s.revision >= h.revision"
          " WHERE h.id = ? AND s.span = ? AND s.begins = ?",
          profile, std::to_underlying(span), begins);
      if (query.step()) add_block(all, span, query.get<std::string_view>(0), span, begins);
    }
    session.run("REPLACE INTO summary (profile_id, span, begins, revision, buckets) VALUES (?, ?, ?, ?, ?)", profile,
                std::to_underlying(span), begins, revision, block_text(all, span, begins));
  }
}

/// Makes longer spans of some buckets, at most rows_of_step() rows; or deletes them, where no longer ones are kept.
std::int64_t sum_up(sql::Session& session, ProfileId profile, Span span, const core::Retention& kept, base::Time now) {
  const Span next = span == Span::five_minutes ? Span::hour : Span::day;
  Buckets sums;
  core::Revision revision = 0;
  std::optional<base::Time> last;
  {
    auto query = session.query(
        "SELECT s.begins, s.revision, h.revision, s.buckets FROM hardware h JOIN summary s ON s.profile_id = h.id"
        " WHERE h.id = ? AND s.span = ? AND s.begins <= ? ORDER BY s.begins LIMIT ?",
        profile, std::to_underlying(span), first_kept(span, kept, now) - block_length(span), rows_of_step(session));
    while (query.step()) {
      last = query.get<base::Time>(0);
      // A former profile had this id.
      if (query.get<core::Revision>(1) < query.get<core::Revision>(2)) continue;
      revision = query.get<core::Revision>(1);
      add_block(sums, next, query.get<std::string_view>(3), span, *last);
    }
  }
  if (!last) return 0;
  if (has_sums(span, kept)) add_sums(session, profile, next, sums, revision);
  return session.run("DELETE FROM summary WHERE profile_id = ? AND span = ? AND begins <= ?", profile,
                     std::to_underlying(span), *last);
}

/// Does some of it, until about rows_of_step() rows are deleted.
std::int64_t clean(sql::Session& session, const Stretch& stretch, const core::Retention& kept, base::Time now) {
  const std::int64_t most = rows_of_step(session);
  std::int64_t rows = stretch.launches ? delete_launches(session, *stretch.launches) : 0;
  for (const ProfileId profile : stretch.gone) {
    if (rows >= most) return rows;
    rows += delete_transitions(session, profile, kEver);
    // Its rows are as few as the spans that are kept.
    rows += session.run("DELETE FROM summary WHERE profile_id = ?", profile);
  }
  for (const auto& [profile, before] : stretch.obsolete) {
    if (rows >= most) return rows;
    rows += delete_transitions(session, profile, before);
  }
  for (const auto& [profile, span] : stretch.old) {
    if (rows >= most) return rows;
    rows += sum_up(session, profile, span, kept, now);
  }
  return rows;
}

}  // namespace

Pruned SqlStore::prune() {
  const core::Retention kept = this->kept();
  const base::Time now = this->now();
  // A clock that is ahead for a moment must not delete everything.
  if (watch_.stepped_forward(kRound)) return {};
  const auto stretch = read([&](sql::Transaction& tx) { return look_ahead(*tx, kept, now); });
  if (!stretch) return {};
  return write([&](sql::Transaction& tx) -> Pruned {
    // Another process may have done it meanwhile.
    if (position(*tx, tx->dialect().for_update) != stretch->position) return {.rows = 0, .more = true};
    Pruned pruned{.rows = clean(*tx, *stretch, kept, now), .more = true};
    Position next = stretch->position;
    if (next.after == kRoundIsOver) next = {.begun = now, .after = 0};
    if (stretch->is_clean()) next.after = stretch->last == kLastProfile ? kRoundIsOver : stretch->last;
    pruned.more = next.after != kRoundIsOver;
    tx->run("UPDATE housekeeping SET round_at = ?, profile_id = ? WHERE id = 1", next.begun, next.after);
    return pruned;
  });
}

}  // namespace store
