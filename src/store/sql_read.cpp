#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "store/findings.hpp"
#include "store/sql_store.hpp"
#include "store/world.hpp"

namespace store {
namespace {

const std::string kRows =
    "SELECT h.id, h.provider, h.name, r.revision, r.probe, r.level, r.reason, r.measured_at, r.stale_at, r.expires_at,"
    " r.took, r.changed_from, r.changed_at, r.error, r.failed_at" +
    number_columns(", r.") + " FROM reading r JOIN hardware h ON h.id = r.profile_id";
constexpr int kFirstNumber = 15;
const std::string kRowsAfter = kRows + " WHERE r.revision > ?";
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
    for (int column = kFirstNumber; const core::Number& number : core::kNumbers)
      reading.*number.value = number_in(query, column++);
  }
  if (auto error = query.get<std::optional<std::string>>(13))
    row->failure = core::Failure{std::move(*error), time_in(query, 14)};
  return row;
}

/// Rows without their labels.
std::vector<std::shared_ptr<core::Row>> plain_rows_of(sql::Query query) {
  std::vector<std::shared_ptr<core::Row>> rows;
  while (query.step()) rows.push_back(row_of(query));
  return rows;
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
std::vector<core::RowPtr> with_labels(std::vector<std::shared_ptr<core::Row>> rows, sql::Query query) {
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

std::vector<core::RowPtr> rows_after(sql::Session& session, core::Revision seen) {
  auto rows = plain_rows_of(session.query(kRowsAfter, seen));
  if (rows.empty()) return {};
  return with_labels(std::move(rows), session.query(kLabelsAfter, seen));
}

std::vector<core::Removed> removed_after(sql::Session& session, core::Revision seen) {
  std::vector<core::Removed> removed;
  auto query = session.query("SELECT profile_id, revision FROM removed WHERE revision > ?", seen);
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
    loaded.removed = removed_after(*tx, 0);
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
  const auto steps = mend_after_steps();
  const bool more = adopt_fresh();
  for (;;) {
    core::Revision revision = 0;
    Polled polled = read([&](sql::Transaction& tx) {
      Polled polled;
      polled.now = clock_now(*tx);
      const BoardRow board = board_row(*tx);
      polled.epoch = board.epoch;
      polled.more = more;
      if (steps) polled.clock_steps = *steps;
      revision = board.revision;
      polled.change.rows = rows_after(*tx, seen);
      polled.change.removed = removed_after(*tx, seen);
      return polled;
    });
    if (const auto bad = unusable(polled.change.rows); !bad.empty()) {
      leave_out(bad);
      continue;
    }
    if (revision >= std::max(seen, known_.load())) {
      know(revision);
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
