#include "store/findings.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/freshness.hpp"
#include "sql/query.hpp"

namespace store {
namespace {

using core::Revision;

using ReadingsBefore = std::unordered_map<core::ProfileId, core::Reading>;

core::Level level_at(const sql::Query& query, int column) {
  return core::parse_level(query.get<std::string_view>(column)).value_or(core::Level::unknown);
}

/// The readings to be replaced: their levels, when these changed, and when they were measured.
ReadingsBefore readings_before(sql::Session& session, std::span<const NewReading> fresh) {
  static const std::string kSql = sql::with_list(
      "SELECT profile_id, level, changed_from, changed_at, measured_at FROM reading WHERE level IS NOT NULL AND "
      "profile_id");
  std::vector<core::ProfileId> ids;
  for (const NewReading& one : fresh) ids.push_back(one.profile);
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

/// Gives each the latest change of its level. One that is not newer than the stored reading only ends its failure.
std::vector<NewReading> newer(sql::Session& session, std::vector<NewReading> fresh, base::Time now, Revision revision) {
  const ReadingsBefore readings = readings_before(session, fresh);
  std::vector<NewReading> newer;
  for (NewReading& one : fresh) {
    if (const auto before = readings.find(one.profile); before != readings.end()) {
      if (core::is_superseded(*one.reading, before->second, now)) {
        session.run("UPDATE reading SET revision = ?, error = NULL, failed_at = NULL WHERE profile_id = ?", revision,
                    one.profile);
        continue;
      }
      one.reading->changed = core::change_after(before->second, one.reading->level, one.reading->measured_at);
    }
    newer.push_back(std::move(one));
  }
  return newer;
}

void write_successes(sql::Session& session, std::span<const NewReading> fresh, Revision revision) {
  constexpr std::size_t kColumns = 11;
  static const sql::RowsStatement kSql(
      fmt::format("REPLACE INTO reading (profile_id, revision, probe, level, reason, measured_at, stale_at, expires_at,"
                  " took, changed_from, changed_at{}) VALUES ",
                  number_columns()),
      kColumns + core::kNumbers.size());
  kSql.run(session, fresh, [&](sql::Query& query, const NewReading& one) {
    const core::Reading& reading = *one.reading;
    const auto& changed = reading.changed;
    query.bind(one.profile, revision, one.probe, core::to_string(reading.level), reading.reason, reading.measured_at,
               reading.stale_at, reading.expires_at, reading.took,
               changed ? std::optional(core::to_string(changed->from)) : std::nullopt,
               changed ? std::optional(changed->at) : std::nullopt);
    for (const core::Number& number : core::kNumbers) query.bind(std::optional<double>(reading.*number.value));
  });
}

NewReading new_reading(const Outcome& outcome, const Finding& finding, const std::string& probe, base::Time now) {
  using Or = std::expected<core::Reading, std::string>;
  const base::Time at = now - std::max(outcome.ended_ago, base::Duration{0});
  return {finding.profile.id, probe, at,
          finding.result ? Or(core::reading_of(*finding.result, at, outcome.took, outcome.rule))
                         : Or(std::unexpect, finding.result.error())};
}

}  // namespace

void write_readings(sql::Session& session, std::span<const NewReading> readings, base::Time now, Revision revision) {
  std::vector<NewReading> successes;
  for (const NewReading& one : readings) {
    if (one.reading)
      successes.push_back(one);
    else  // the latest level stays
      session.run("UPDATE reading SET revision = ?, error = ?, failed_at = ? WHERE profile_id = ?", revision,
                  one.reading.error(), one.at, one.profile);
  }
  write_successes(session, newer(session, std::move(successes), now, revision), revision);
}

std::string number_columns(std::string_view before) {
  std::string columns;
  for (const core::Number& number : core::kNumbers) columns.append(before).append(number.name);
  return columns;
}

void add_findings(sql::Session& session, const Outcome& outcome, const std::string& probe, base::Time now,
                  std::vector<NewReading>& readings) {
  static const std::string kSql = sql::with_list(
      "SELECT h.id, h.provider, h.name FROM reading r JOIN hardware h ON h.id = r.profile_id"
      " WHERE r.probe = ? AND r.profile_id");
  if (!outcome.batched) {
    readings.push_back(new_reading(outcome, outcome.findings.front(), probe, now));
    return;
  }
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
      if (finding->profile.key == key) readings.push_back(new_reading(outcome, *finding, probe, now));
    }
  });
}

}  // namespace store
