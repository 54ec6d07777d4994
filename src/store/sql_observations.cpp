// Launches that somebody told: as evidence about the present, and as a calibration of the past.
#include <algorithm>
#include <numeric>

#include "store/findings.hpp"
#include "store/sql_store.hpp"
#include "store/transitions.hpp"

namespace store {
namespace {

using core::Level;
using core::ProfileId;
using Effect = Observed::Effect;

bool is_told(sql::Session& session, const Observation& one) {
  constexpr const char* kSql = "SELECT 1 FROM observation WHERE told_id = ? AND profile_id = ?";
  return !one.id.empty() && session.query(kSql, one.id, one.profile).step();
}

/// The level that was shown at `at`.
Level said_at(sql::Session& session, const core::Row& row, base::Time at) {
  static const std::string kSql = fmt::format(
      "SELECT t.state FROM hardware h JOIN transition t ON {} WHERE h.id = ? AND t.at <= ? ORDER BY t.at DESC LIMIT 1",
      kIsOfProfile);
  if (row.reading && at >= row.reading->measured_at) return core::level_at(*row.reading, at);
  core::Transition state;
  if (auto query = session.query(kSql, row.profile.id, at); query.step()) set_state(state, query.get<int>(0));
  return state.level;
}

/// A failure of the probe and its next run stay: a launch says nothing about the probe.
void write_evidence(sql::Session& session, const core::Row& row, core::Reading reading, base::Time now,
                    core::Revision revision, const core::Retention& kept) {
  std::vector<NewReading> evidence{{row.profile.id, row.probe.text(), reading.measured_at, std::move(reading)}};
  evidence.front().counts = false;
  if (row.next) evidence.front().next = *row.next;
  write_readings(session, std::move(evidence), now, revision, kept);
  if (row.failure)
    session.run("UPDATE reading SET error = ?, failed_at = ? WHERE profile_id = ?", row.failure->error,
                row.failure->failed_at, row.profile.id);
}

}  // namespace

std::vector<std::size_t> by_time(std::span<const Observation> observations, base::Time now) {
  std::vector<std::size_t> order(observations.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(observations[i].at.value_or(now), i); });
  return order;
}

std::vector<Observed> SqlStore::observe(std::span<const Observation> observations) {
  return write([&](sql::Transaction& tx) {
    const core::Revision revision = next_revision(*tx);
    const base::Time now = clock_now(*tx);
    std::vector<Observed> observed(observations.size());
    bool changed = false;
    for (const std::size_t i : by_time(observations, now)) {
      const Observation& one = observations[i];
      const auto row = plain_row(*tx, one.profile);
      if (!row || (one.key && row->profile.key != *one.key)) continue;
      observed[i].effect = Effect::repeated;
      if (is_told(*tx, one)) continue;
      const base::Time at = std::min(one.at.value_or(now), now);
      observed[i] = {Effect::counted, said_at(*tx, *row, at - one.launch.took.value_or(base::Duration{0}))};
      tx->run("INSERT INTO observation (profile_id, revision, at, said, worked, told_id) VALUES (?, ?, ?, ?, ?, ?)",
              one.profile, revision, at, std::to_underlying(observed[i].said), one.launch.worked(),
              one.id.empty() ? std::nullopt : std::optional<std::string_view>(one.id));
      changed = true;
      auto reading = core::reading_after(one.launch, at, row->reading ? &*row->reading : nullptr, one.rule, now);
      if (!reading) continue;
      observed[i].effect = Effect::applied;
      write_evidence(*tx, *row, std::move(*reading), now, revision, kept());
    }
    if (!changed) tx.rollback();
    return observed;
  });
}

std::map<ProfileId, core::Calibration> SqlStore::calibration(const Between& between, std::optional<ProfileId> profile) {
  static const auto statement = [](std::string_view where) {
    return fmt::format(
        "SELECT o.profile_id, o.said, o.worked, COUNT(*) FROM observation o JOIN hardware h ON h.id = o.profile_id AND"
        " o.revision >= h.revision WHERE {}o.at >= ? AND o.at < ? GROUP BY o.profile_id, o.said, o.worked",
        where);
  };
  static const std::string kAll = statement(""), kOne = statement("o.profile_id = ? AND ");
  return with_session([&](sql::Session& session) {
    std::map<ProfileId, core::Calibration> found;
    auto query = profile ? session.query(kOne, *profile, between.from, between.to)
                         : session.query(kAll, between.from, between.to);
    while (query.step()) {
      const int said = query.get<int>(1);
      if (said < 0 || said > std::to_underlying(Level::high)) continue;
      core::Launches& launches = found[query.get<ProfileId>(0)][static_cast<Level>(said)];
      (query.get<bool>(2) ? launches.worked : launches.failed) = query.get<std::int64_t>(3);
    }
    return found;
  });
}

}  // namespace store
