// History as it is read.
#include <algorithm>

#include "store/buckets.hpp"
#include "store/sql_store.hpp"
#include "store/transitions.hpp"

namespace store {
namespace {

using core::ProfileId;
using core::Transition;

/// at, state and reason from column `first` on.
Transition transition_in(const sql::Query& query, int first) {
  Transition transition{
      .at = query.get<base::Time>(first), .level = {}, .freshness = {}, .reason = query.get<std::string>(first + 2)};
  set_state(transition, query.get<int>(first + 1));
  return transition;
}

std::vector<core::LoggedTransition> logged_in(sql::Query query) {
  std::vector<core::LoggedTransition> logged;
  while (query.step())
    logged.push_back({query.get<core::Revision>(0), query.get<ProfileId>(1), transition_in(query, 2)});
  return logged;
}

/// A loss of freshness since the latest reading is not written yet.
void lose_freshness(Transition& state, core::Level level, base::Time stale_at, base::Time expires_at, base::Time time) {
  if (time >= expires_at)
    state = {expires_at, core::Level::unknown, core::Freshness::expired, ""};
  else if (time >= stale_at)
    state = {stale_at, level, core::Freshness::stale, ""};
}

/// Finds profiles `where`, in the order of keys, with their state at a time.
std::string past_statement(std::string_view where) {
  return fmt::format(
      "SELECT h.id, h.provider, h.name, t.at, t.state, t.reason, r.level, r.stale_at, r.expires_at FROM hardware h JOIN"
      " reading r ON r.profile_id = h.id LEFT JOIN transition t ON {} AND t.at ="
      " (SELECT s.at FROM transition s WHERE s.profile_id = h.id AND s.at <= ? ORDER BY s.at DESC LIMIT 1)"
      " WHERE {} ORDER BY h.provider, h.name LIMIT ?",
      kIsOfProfile, where);
}

/// Appends them, without their labels.
void append_past(std::vector<PastRow>& rows, base::Time time, sql::Query query) {
  while (query.step()) {
    PastRow& row = rows.emplace_back(
        core::Profile{query.get<ProfileId>(0), {query.get<std::string>(1), query.get<std::string>(2)}});
    if (!query.get<std::optional<base::Time>>(3)) continue;
    row.state = transition_in(query, 3);
    if (const auto level = query.get<std::optional<std::string_view>>(6))
      lose_freshness(*row.state, core::parse_level(*level).value_or(core::Level::unknown), query.get<base::Time>(7),
                     query.get<base::Time>(8), time);
  }
}

base::Time round_up(core::Span span, base::Time time) {
  const base::Time begin = begin_of(span, time);
  return begin == time ? begin : begin + length_of(span);
}

/// Adds the rows of one span that say something about `between`.
void add_rows(sql::Session& session, std::map<base::Time, core::Bucket>& buckets, core::NumberOf number, core::Span to,
              ProfileId profile, core::Span span, const Between& between) {
  auto query = session.query(
      "SELECT s.begins, s.buckets FROM hardware h JOIN summary s ON s.profile_id = h.id AND s.revision >= h.revision"
      " WHERE h.id = ? AND s.span = ? AND s.begins > ? AND s.begins < ?",
      profile, std::to_underlying(span), between.from - block_length(span), between.to);
  while (query.step()) add_block(buckets, number, to, query.get<std::string_view>(1), span, query.get<base::Time>(0));
}

base::Duration kept_as(const core::Retention& kept, core::Span span) {
  return span == core::Span::five_minutes ? kept.five_minutes : span == core::Span::hour ? kept.hours : kept.days;
}

}  // namespace

void SqlStore::keep(const core::Retention& retention) {
  const std::lock_guard lock(kept_mutex_);
  kept_ = retention;
}

core::Retention SqlStore::kept() const {
  const std::lock_guard lock(kept_mutex_);
  return kept_;
}

std::vector<Transition> SqlStore::transitions(ProfileId profile, const Between& between, std::size_t limit) {
  return with_session([&](sql::Session& session) {
    std::vector<Transition> transitions;
    auto query = session.query(
        fmt::format(
            "SELECT t.at, t.state, t.reason FROM hardware h JOIN transition t ON {} WHERE h.id = ? AND t.at < ?"
            " AND t.at >= COALESCE((SELECT MAX(s.at) FROM transition s WHERE s.profile_id = ? AND s.at <= ?), ?)"
            " ORDER BY t.at DESC LIMIT ?",
            kIsOfProfile),
        profile, between.to, profile, between.from, between.from, limit);
    while (query.step()) transitions.push_back(transition_in(query, 0));
    std::ranges::reverse(transitions);
    return transitions;
  });
}

std::vector<core::Bucket> SqlStore::numbers(ProfileId profile, core::NumberOf number, core::Span span,
                                            const Between& between, std::size_t limit) {
  if (kept_as(kept(), span).count() == 0) return {};
  const Between whole{round_up(span, between.from), round_up(span, between.to)};
  const auto buckets = read([&](sql::Transaction& tx) {
    std::map<base::Time, core::Bucket> read;
    for (const core::Span each : {core::Span::day, core::Span::hour, core::Span::five_minutes})
      if (each <= span) add_rows(*tx, read, number, span, profile, each, whole);
    auto query = tx->query("SELECT numbers FROM reading WHERE profile_id = ?", profile);
    if (query.step())
      if (const auto block = under_way(query.get<std::string_view>(0)))
        add_block(read, number, span, block->text, core::Span::five_minutes, block->begins);
    return read;
  });
  std::vector<core::Bucket> found;
  for (const auto& [begin, bucket] : buckets)
    if (begin >= whole.from && begin < whole.to) found.push_back(bucket);
  if (found.size() > limit) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(limit));
  return found;
}

std::vector<PastRow> SqlStore::board_at(base::Time time, const core::ProfileKey& after, std::size_t limit) {
  // The rest of a provider's profiles, then the other providers': each is a part of an index.
  static const std::string kSame = past_statement("h.provider = ? AND h.name > ?");
  static const std::string kFurther = past_statement("h.provider > ?");
  return with_session([&](sql::Session& session) {
    std::vector<PastRow> rows;
    append_past(rows, time, session.query(kSame, time, after.provider, after.name, limit));
    if (rows.size() < limit)
      append_past(rows, time, session.query(kFurther, time, after.provider, limit - rows.size()));
    std::vector<core::Profile> profiles;
    for (PastRow& row : rows) profiles.push_back(std::move(row.profile));
    add_labels(session, profiles);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].profile = std::move(profiles[i]);
    return rows;
  });
}

std::vector<core::LoggedTransition> SqlStore::transitions_after(core::Revision seen, std::size_t limit) {
  static const std::string kLast = fmt::format(
      "SELECT t.revision FROM transition t WHERE t.revision > ? AND {} ORDER BY t.revision LIMIT 1 OFFSET ?",
      kIsOfAProfile);
  static const std::string kSql = fmt::format(
      "SELECT t.revision, t.profile_id, t.at, t.state, t.reason FROM transition t"
      " WHERE t.revision > ? AND t.revision <= ? AND {} ORDER BY t.revision, t.profile_id, t.at",
      kIsOfAProfile);
  if (limit == 0) return {};
  return read([&](sql::Transaction& tx) {
    auto query = tx->query(kLast, seen, limit - 1);
    const auto last = query.step() ? query.get<core::Revision>(0) : std::numeric_limits<core::Revision>::max();
    return logged_in(tx->query(kSql, seen, last));
  });
}

std::vector<core::LoggedTransition> SqlStore::latest_transitions(std::size_t limit) {
  static const std::string kSql = fmt::format(
      "SELECT t.revision, t.profile_id, t.at, t.state, t.reason FROM transition t WHERE {}"
      " ORDER BY t.revision DESC, t.profile_id DESC, t.at DESC LIMIT ?",
      kIsOfAProfile);
  return with_session([&](sql::Session& session) { return logged_in(session.query(kSql, limit)); });
}

std::vector<core::LoggedTransition> SqlStore::latest_transitions_of(std::span<const ProfileId> profiles,
                                                                    std::size_t limit) {
  static const std::string kSql =
      sql::with_list("SELECT t.revision, t.profile_id, t.at, t.state, t.reason FROM transition t WHERE t.profile_id",
                     fmt::format(" AND {} ORDER BY t.at DESC, t.profile_id DESC LIMIT ?", kIsOfAProfile));
  return with_session([&](sql::Session& session) { return logged_in(session.query(kSql, profiles, limit)); });
}

bool SqlStore::take_turn(base::Duration period) {
  return write([&](sql::Transaction& tx) {
    const base::Time now = clock_now(*tx);
    // A turn in the future is one of a clock that was ahead.
    return tx->run("UPDATE housekeeping SET turn_at = ? WHERE id = 1 AND (turn_at <= ? OR turn_at > ?)", now,
                   now - period, now + kClockTolerance) > 0;
  });
}

}  // namespace store
