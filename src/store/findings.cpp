#include "store/findings.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/freshness.hpp"
#include "sql/query.hpp"

namespace store {
namespace {

using core::Revision;

base::Time ended(const Outcome& outcome, base::Time now) {
  return now - std::max(outcome.ended_ago, base::Duration{0});
}

using ReadingsBefore = std::unordered_map<core::ProfileId, core::Reading>;

core::Level level_at(const sql::Query& query, int column) {
  return core::parse_level(query.get<std::string_view>(column)).value_or(core::Level::unknown);
}

/// The readings to be replaced: their levels, when these changed, and when they were measured.
ReadingsBefore readings_before(sql::Session& session, std::span<const Settled> settled) {
  static const std::string kSql = sql::with_list(
      "SELECT profile_id, level, changed_from, changed_at, measured_at FROM reading WHERE level IS NOT NULL AND "
      "profile_id");
  std::vector<core::ProfileId> ids;
  for (const Settled& one : settled) ids.push_back(one.finding->profile.id);
  std::ranges::sort(ids);
  ReadingsBefore readings;
  sql::for_each_list<core::ProfileId>(ids, [&](std::span<const core::ProfileId> part) {
    auto query = session.query(kSql, part);
    while (query.step()) {
      core::Reading& reading = readings[query.get<core::ProfileId>(0)];
      reading.level = level_at(query, 1);
      reading.measured_at = query.get<base::Time>(4);
      if (const auto at = query.get<std::optional<base::Time>>(3)) reading.changed = {level_at(query, 2), *at};
    }
  });
  return readings;
}

/// A success, with its reading.
struct Success {
  const Settled* settled;
  core::Reading reading;
};

/// The readings of successes. One that is not newer than the stored reading only ends its failure.
std::vector<Success> newer(sql::Session& session, std::span<const Settled> settled, base::Time now, Revision revision) {
  const ReadingsBefore readings = readings_before(session, settled);
  std::vector<Success> successes;
  for (const Settled& one : settled) {
    const Outcome& outcome = *one.outcome;
    const core::ProfileId id = one.finding->profile.id;
    core::Reading reading = core::reading_of(*one.finding->result, ended(outcome, now), outcome.took, outcome.rule);
    if (const auto before = readings.find(id); before != readings.end()) {
      if (core::is_superseded(reading, before->second, now)) {
        session.run("UPDATE reading SET revision = ?, error = NULL, failed_at = NULL WHERE profile_id = ?", revision,
                    id);
        continue;
      }
      reading.changed = core::change_after(before->second, reading.level, reading.measured_at);
    }
    successes.push_back({&one, std::move(reading)});
  }
  return successes;
}

void write_successes(sql::Session& session, std::span<const Settled> settled, base::Time now, Revision revision) {
  static const sql::RowsStatement kSql(
      "REPLACE INTO reading (profile_id, revision, probe, level, free, total, largest, score, price, reason,"
      " measured_at, stale_at, expires_at, took, changed_from, changed_at) VALUES ",
      16);
  const std::vector<Success> successes = newer(session, settled, now, revision);
  kSql.run(session, std::span(successes), [&](sql::Query& query, const Success& success) {
    const auto& [one, reading] = success;
    const auto& changed = reading.changed;
    query.bind(one->finding->profile.id, revision, one->probe, core::to_string(reading.level), reading.free,
               reading.total, reading.largest, reading.score, reading.price, reading.reason, reading.measured_at,
               reading.stale_at, reading.expires_at, reading.took,
               changed ? std::optional(core::to_string(changed->from)) : std::nullopt,
               changed ? std::optional(changed->at) : std::nullopt);
  });
}

/// Failures keep the latest level.
void write_failure(sql::Session& session, const Settled& failed, base::Time now, Revision revision) {
  session.run("UPDATE reading SET revision = ?, error = ?, failed_at = ? WHERE profile_id = ?", revision,
              failed.finding->result.error(), ended(*failed.outcome, now), failed.finding->profile.id);
}

}  // namespace

void write_findings(sql::Session& session, std::span<const Settled> settled, base::Time now, Revision revision) {
  std::vector<Settled> successes;
  for (const Settled& one : settled) {
    if (one.finding->result)
      successes.push_back(one);
    else
      write_failure(session, one, now, revision);
  }
  write_successes(session, successes, now, revision);
}

void settle_batch(sql::Session& session, const Outcome& outcome, const std::string& probe,
                  std::vector<Settled>& settled) {
  static const std::string kSql = sql::with_list(
      "SELECT h.id, h.provider, h.name FROM reading r JOIN hardware h ON h.id = r.profile_id"
      " WHERE r.probe = ? AND r.profile_id");
  std::unordered_map<core::ProfileId, const Finding*> found;
  std::vector<core::ProfileId> ids;
  for (const Finding& finding : outcome.findings)
    if (found.emplace(finding.profile.id, &finding).second) ids.push_back(finding.profile.id);
  std::ranges::sort(ids);
  sql::for_each_list<core::ProfileId>(ids, [&](std::span<const core::ProfileId> part) {
    auto query = session.query(kSql, probe, part);
    while (query.step()) {
      const Finding* finding = found[query.get<core::ProfileId>(0)];
      const core::ProfileKey key{query.get<std::string>(1), query.get<std::string>(2)};
      if (finding->profile.key == key) settled.push_back({&outcome, finding, probe});
    }
  });
}

}  // namespace store
