#include "store/findings.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/freshness.hpp"
#include "sql/query.hpp"
#include "store/write_history.hpp"

namespace store {
namespace {

using core::Revision;

core::Level level_at(const sql::Query& query, int column) {
  return core::parse_level(query.get<std::string_view>(column)).value_or(core::Level::unknown);
}

/// The readings to be replaced, and those that a failure leaves. Their numbers, their reasons and how long they took
/// are not read.
ReadingsBefore readings_before(sql::Session& session, std::span<const NewReading> fresh) {
  static const std::string kSql = sql::with_list(
      "SELECT profile_id, level, changed_from, changed_at, measured_at, stale_at, expires_at, recent_low, recent_high,"
      " told_at, told_kind, reason_at, numbers FROM reading WHERE level IS NOT NULL AND profile_id");
  std::vector<core::ProfileId> ids;
  for (const NewReading& one : fresh)
    if (one.reading || one.run) ids.push_back(one.profile);
  std::ranges::sort(ids);
  ReadingsBefore readings;
  sql::for_each_list<core::ProfileId>(ids, [&](std::span<const core::ProfileId> part) {
    auto query = session.query(kSql, part);
    while (query.step()) {
      ReadingBefore& before = readings[query.get<core::ProfileId>(0)];
      core::Reading& reading = before.reading;
      reading.level = level_at(query, 1);
      if (const auto at = query.get<std::optional<base::Time>>(3)) reading.changed = {level_at(query, 2), *at};
      reading.measured_at = query.get<base::Time>(4);
      reading.stale_at = query.get<base::Time>(5);
      reading.expires_at = query.get<base::Time>(6);
      reading.recent = {query.get<std::int64_t>(7), query.get<std::int64_t>(8)};
      if (const auto at = query.get<std::optional<base::Time>>(9))
        before.told = {reading.level, query.get<std::uint32_t>(10), *at, query.get<base::Time>(11)};
      else
        before.untold_since = query.get<std::optional<base::Time>>(11);
      before.numbers = query.get<std::string>(12);
    }
  });
  return readings;
}

/// When the level of a profile changed, with this finding.
std::optional<base::Time> changed_at(const NewReading& one, const ReadingsBefore& readings) {
  const auto found = readings.find(one.profile);
  if (found == readings.end()) return std::nullopt;
  const core::Reading& before = found->second.reading;
  const auto change =
      one.reading ? core::change_after(before, one.reading->level, one.reading->measured_at) : before.changed;
  return change ? std::optional(change->at) : std::nullopt;
}

/// Sets when each is measured next: not before its run ended.
NextRuns plan(std::vector<NewReading>& readings, const ReadingsBefore& before) {
  NextRuns next;
  for (const NewReading& one : readings) {
    if (!one.run) continue;
    const PacedRun& run = *one.run;
    core::NextRun own = core::next_run(run.rule, run.watched, run.began, changed_at(one, before));
    own.due = std::max(std::min(own.due, run.must()), one.at);
    const auto [known, is_first] = next.emplace(run.task, own);
    if (!is_first && own.due < known->second.due) known->second = own;
  }
  for (NewReading& one : readings)
    if (one.run) one.next = next.at(one.run->task);
  return next;
}

std::optional<base::Time> due_of(const NewReading& one) {
  return one.next ? std::optional(one.next->due) : std::nullopt;
}

std::optional<std::string_view> due_reason_of(const NewReading& one) {
  return one.next ? std::optional(core::to_string(one.next->reason)) : std::nullopt;
}

/// Gives each what continues the reading before it. One that is not newer than that only ends its failure.
std::vector<NewReading> newer(sql::Session& session, std::vector<NewReading> fresh, const ReadingsBefore& readings,
                              base::Time now, Revision revision) {
  std::vector<NewReading> newer;
  for (NewReading& one : fresh) {
    if (const auto found = readings.find(one.profile); found != readings.end()) {
      const core::Reading& before = found->second.reading;
      if (core::is_superseded(*one.reading, before, now)) {
        session.run(
            "UPDATE reading SET revision = ?, error = NULL, failed_at = NULL, due_at = ?, due_reason = ?"
            " WHERE profile_id = ?",
            revision, due_of(one), due_reason_of(one), one.profile);
        continue;
      }
      one.reading->changed = core::change_after(before, one.reading->level, one.reading->measured_at);
      one.reading->recent = core::recent_after(before, *one.reading);
    }
    newer.push_back(std::move(one));
  }
  return newer;
}

void write_successes(sql::Session& session, std::span<const NewReading> fresh, Revision revision) {
  constexpr std::size_t kColumns = 19;
  static const sql::RowsStatement kSql(
      fmt::format("REPLACE INTO reading (profile_id, revision, probe, level, reason, measured_at, stale_at, expires_at,"
                  " took, changed_from, changed_at, recent_low, recent_high, told_at, told_kind, reason_at, numbers, "
                  "due_at, due_reason{})"
                  " VALUES ",
                  number_columns()),
      kColumns + core::kNumbers.size());
  kSql.run(session, fresh, [&](sql::Query& query, const NewReading& one) {
    const core::Reading& reading = *one.reading;
    const auto& changed = reading.changed;
    query.bind(one.profile, revision, one.probe, core::to_string(reading.level), reading.reason, reading.measured_at,
               reading.stale_at, reading.expires_at, reading.took,
               changed ? std::optional(core::to_string(changed->from)) : std::nullopt,
               changed ? std::optional(changed->at) : std::nullopt, reading.recent.low_bits(),
               reading.recent.high_bits());
    if (one.told)
      query.bind(one.told->at, one.told->kind, one.told->reason_at);
    else
      query.bind(nullptr, nullptr, one.untold_since);
    query.bind(one.numbers.empty() ? std::nullopt : std::optional<std::string_view>(one.numbers), due_of(one),
               due_reason_of(one));
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

NextRuns write_readings(sql::Session& session, std::vector<NewReading> readings, base::Time now, Revision revision,
                        const core::Retention& kept) {
  ReadingsBefore before = readings_before(session, readings);
  NextRuns next = plan(readings, before);
  std::vector<NewReading> successes;
  for (const NewReading& one : readings) {
    if (one.reading)
      successes.push_back(one);
    else  // the latest level stays
      session.run(
          "UPDATE reading SET revision = ?, error = ?, failed_at = ?, due_at = ?, due_reason = ? WHERE profile_id = ?",
          revision, one.reading.error(), one.at, due_of(one), due_reason_of(one), one.profile);
  }
  successes = newer(session, std::move(successes), before, now, revision);
  write_history(session, successes, before, kept, revision);
  write_successes(session, successes, revision);
  return next;
}

std::string number_columns(std::string_view before) {
  std::string columns;
  for (const core::Number& number : core::kNumbers) columns.append(before).append(number.name);
  return columns;
}

void add_findings(sql::Session& session, const Outcome& outcome, const std::string& probe, base::Time now,
                  const std::optional<PacedRun>& run, std::vector<NewReading>& readings) {
  static const std::string kSql = sql::with_list(
      "SELECT h.id, h.provider, h.name FROM reading r JOIN hardware h ON h.id = r.profile_id"
      " WHERE r.probe = ? AND r.profile_id");
  if (!outcome.batched) {
    readings.push_back(new_reading(outcome, outcome.findings.front(), probe, now));
    readings.back().run = run;
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
      if (finding->profile.key != key) continue;
      readings.push_back(new_reading(outcome, *finding, probe, now));
      readings.back().run = run;
    }
  });
}

}  // namespace store
