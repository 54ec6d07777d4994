#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "store/findings.hpp"
#include "store/profile_rows.hpp"
#include "store/sql_store.hpp"
#include "store/world.hpp"

namespace store {
namespace {

const std::string kColumns =
    "h.id, h.provider, h.name, r.revision, r.probe, r.level, r.reason, r.measured_at, r.stale_at, r.expires_at,"
    " r.took, r.changed_from, r.changed_at, r.error, r.failed_at, r.recent_low, r.recent_high, r.due_at, r.due_reason" +
    number_columns(", r.");
constexpr int kFirstNumber = 19;
constexpr int kAfterNumbers = kFirstNumber + static_cast<int>(core::kNumbers.size());
const std::string kRows = "SELECT " + kColumns + " FROM reading r JOIN hardware h ON h.id = r.profile_id";
constexpr std::string_view kLabels = "SELECT profile_id, name, value FROM attribute";
constexpr std::string_view kLabelsAfter =
    "SELECT a.profile_id, a.name, a.value FROM reading r JOIN attribute a ON a.profile_id = r.profile_id"
    " WHERE r.revision > ?";

/// A number that JSON can express: plain SQL may have written an infinite one.
std::optional<double> number_in(const sql::Query& query, int column) {
  const auto number = query.get<std::optional<double>>(column);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

/// A time that RFC 3339 can express.
base::Time time_in(const sql::Query& query, int column) {
  using std::chrono::sys_days, std::chrono::year;
  constexpr base::Time kLast = sys_days{year{9999} / 12 / 31};
  return std::clamp(query.get<base::Time>(column), base::Time{}, kLast);
}

std::shared_ptr<core::Row> row_of(const sql::Query& query) {
  auto row = std::make_shared<core::Row>();
  row->profile = {query.get<core::ProfileId>(0), {query.get<std::string>(1), query.get<std::string>(2)}};
  row->revision = query.get<core::Revision>(3);
  row->probe = query.get<std::string>(4);
  if (const auto level = query.get<std::optional<std::string_view>>(5)) {
    core::Reading& reading = row->reading.emplace();
    reading.level = core::parse_level(*level).value_or(core::Level::unknown);
    reading.reason = query.get<std::string>(6);
    reading.measured_at = time_in(query, 7);
    reading.stale_at = time_in(query, 8);
    reading.expires_at = time_in(query, 9);
    reading.took = query.get<base::Duration>(10);
    if (const auto from = query.get<std::optional<std::string_view>>(11))
      reading.changed = {core::parse_level(*from).value_or(core::Level::unknown), time_in(query, 12)};
    reading.recent = {query.get<std::int64_t>(15), query.get<std::int64_t>(16)};
    for (int column = kFirstNumber; const core::Number& number : core::kNumbers)
      reading.*number.value = number_in(query, column++);
  }
  if (auto error = query.get<std::optional<std::string>>(13))
    row->failure = core::Failure{std::move(*error), time_in(query, 14)};
  if (const auto reason = query.get<std::optional<std::string_view>>(18))
    if (const auto known = core::parse_due_reason(*reason)) row->next = core::NextRun{time_in(query, 17), *known};
  return row;
}

using PlainRows = std::vector<std::shared_ptr<core::Row>>;

/// Rows without their labels.
PlainRows plain_rows_of(sql::Query query) {
  PlainRows rows;
  while (query.step()) rows.push_back(row_of(query));
  return rows;
}

/// One state of the database after a revision, read by one statement.
struct Glance {
  base::Time now;
  std::string epoch;
  core::Revision revision = 0;
  /// The revision of the latest deletion that is remembered.
  core::Revision removed = 0;
  bool has_strangers = false;
  PlainRows rows;
};

/// Most glances find nothing, and all replicas glance all the time: it is one way to the server.
Glance glance(sql::Session& session, core::Revision seen) {
  const std::string text = fmt::format(
      "SELECT {}, {}, b.epoch, b.revision, (SELECT MAX(revision) FROM removed),"
      " EXISTS (SELECT 1 FROM hardware WHERE revision = ?) FROM board b LEFT JOIN reading r ON r.revision > ?"
      " LEFT JOIN hardware h ON h.id = r.profile_id WHERE b.id = 1",
      kColumns, session.dialect().now);
  Glance found;
  auto query = session.query(text, kUnseen, seen);
  if (!query.step()) throw_no_board();
  found.now = query.get<base::Time>(kAfterNumbers);
  found.epoch = query.get<std::string>(kAfterNumbers + 1);
  found.revision = query.get<core::Revision>(kAfterNumbers + 2);
  found.removed = query.get<core::Revision>(kAfterNumbers + 3);
  found.has_strangers = query.get<bool>(kAfterNumbers + 4);
  do {
    if (query.get<std::optional<core::ProfileId>>(0)) found.rows.push_back(row_of(query));
  } while (query.step());
  return found;
}

/// Adds the label in `query`, unless plain SQL has made it unusable.
void add_label(core::Profile& profile, const sql::Query& query) {
  const auto name = query.get<std::string_view>(1), value = query.get<std::string_view>(2);
  if (core::checked_label(name, value)) profile.labels.emplace(name, value);
}

/// Rows with a key that no reader can show, as plain SQL may have written it.
std::vector<core::ProfileId> unusable(std::span<const core::RowPtr> rows) {
  std::vector<core::ProfileId> ids;
  for (const core::RowPtr& row : rows)
    if (!core::checked_key(row->profile.key.provider, row->profile.key.name)) ids.push_back(row->profile.id);
  return ids;
}

/// Gives `rows` the labels that `query` finds.
std::vector<core::RowPtr> with_labels(PlainRows rows, sql::Query query) {
  std::unordered_map<core::ProfileId, core::Row*> by_id;
  while (query.step()) {
    if (by_id.empty())
      for (const auto& row : rows) by_id.emplace(row->profile.id, row.get());
    const auto owner = by_id.find(query.get<core::ProfileId>(0));
    if (owner != by_id.end()) add_label(owner->second->profile, query);
  }
  return {std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end())};
}

std::vector<core::RowPtr> rows_of(sql::Session& session) {
  auto rows = plain_rows_of(session.query(kRows));
  return with_labels(std::move(rows), session.query(kLabels));
}

std::vector<core::Removed> removed_between(sql::Session& session, core::Revision seen, core::Revision last) {
  std::vector<core::Removed> removed;
  auto query =
      session.query("SELECT profile_id, revision FROM removed WHERE revision > ? AND revision <= ?", seen, last);
  while (query.step()) removed.push_back({query.get<core::ProfileId>(0), query.get<core::Revision>(1)});
  return removed;
}

}  // namespace

void add_labels(sql::Session& session, std::span<core::Profile> profiles) {
  static const std::string kSql = sql::with_list("SELECT profile_id, name, value FROM attribute WHERE profile_id");
  for (; !profiles.empty(); profiles = profiles.subspan(std::min(profiles.size(), sql::kListSize))) {
    const auto part = profiles.first(std::min(profiles.size(), sql::kListSize));
    std::vector<core::ProfileId> ids;
    for (const core::Profile& profile : part) ids.push_back(profile.id);
    auto query = session.query(kSql, std::span<const core::ProfileId>(ids));
    while (query.step()) {
      const auto owner = std::ranges::find(part, query.get<core::ProfileId>(0), &core::Profile::id);
      add_label(*owner, query);
    }
  }
}

std::optional<core::Row> plain_row(sql::Session& session, core::ProfileId profile) {
  static const std::string kSql = kRows + " WHERE h.id = ?";
  auto query = session.query(kSql, profile);
  return query.step() ? std::optional(std::move(*row_of(query))) : std::nullopt;
}

core::Contents SqlStore::load() {
  adopt_everything();
  const auto load_rows = [this](sql::Transaction& tx) {
    core::Contents loaded;
    loaded.now = clock_now(*tx);
    // Rows and revision are read as one state: with a revision of another time, rows could be missed.
    const BoardRow board = board_row(*tx);
    loaded.version = {board.epoch, board.revision};
    loaded.removed_since = board.removed_since;
    loaded.rows = rows_of(*tx);
    loaded.removed = removed_between(*tx, 0, board.revision);
    loaded.gaps = gaps(*tx);
    return loaded;
  };
  core::Contents loaded = read(load_rows);
  for (auto bad = unusable(loaded.rows); !bad.empty(); bad = unusable(loaded.rows)) {
    leave_out(bad);
    loaded = read(load_rows);
  }
  know(loaded.version.revision);
  return loaded;
}

Polled SqlStore::poll(core::Revision seen) {
  Polled polled;
  bool mended = false, adopted = false;
  for (;;) {
    const Glance found = with_session([&](sql::Session& session) {
      Glance found;
      polled.now = watch_.look([&] { return (found = glance(session, seen)).now; });
      // What is read now may be newer than the glance. A newer label, or a newer deletion, has a revision that the next
      // poll finds; this one must not end behind it.
      polled.change = {};
      if (!found.rows.empty())
        polled.change.rows = with_labels(std::move(found.rows), session.query(kLabelsAfter, seen));
      if (found.removed > seen) polled.change.removed = removed_between(session, seen, found.revision);
      return found;
    });
    polled.epoch = found.epoch;
    const auto steps = watch_.take_steps();
    if (steps) polled.clock_steps = {polled.clock_steps.count + steps->count, polled.clock_steps.by + steps->by};
    if ((steps || !mended) && (mended = true, mend_after(steps.has_value()))) continue;
    if (found.has_strangers && !std::exchange(adopted, true)) {
      polled.more = adopt_fresh();
      continue;
    }
    if (const auto bad = unusable(polled.change.rows); !bad.empty()) {
      leave_out(bad);
      continue;
    }
    if (found.revision >= std::max(seen, known_.load())) {
      know(found.revision);
      return polled;
    }
    // The revision went backwards (restored backup?). Later revisions would hide it.
    write([this, seen](sql::Transaction& tx) {
      const core::Revision known = std::max(seen, known_.load());
      if (lock_board(*tx) < known) start_new_world(*tx, known);
    });
  }
}

}  // namespace store
