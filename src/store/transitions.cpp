#include "store/transitions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sql/query.hpp"

namespace store {
namespace {

constexpr int kFreshnessStep = 10;

std::vector<core::LoggedTransition> later_than(sql::Session& session, core::ProfileId profile, base::Time time) {
  std::vector<core::LoggedTransition> later;
  auto query = session.query(
      "SELECT revision, at, state, reason FROM transition WHERE profile_id = ? AND at > ? ORDER BY at", profile, time);
  while (query.step()) {
    core::LoggedTransition& one = later.emplace_back(query.get<core::Revision>(0), profile);
    one.transition.at = query.get<base::Time>(1);
    set_state(one.transition, query.get<int>(2));
    one.transition.reason = query.get<std::string>(3);
  }
  return later;
}

}  // namespace

int state_code(const core::Transition& transition) {
  return std::to_underlying(transition.freshness) * kFreshnessStep + std::to_underlying(transition.level);
}

void set_state(core::Transition& transition, int code) {
  const int freshness = code / kFreshnessStep, level = code % kFreshnessStep;
  const bool known = (freshness == std::to_underlying(core::Freshness::fresh) ||
                      freshness == std::to_underlying(core::Freshness::stale)) &&
                     level <= std::to_underlying(core::Level::high);
  transition.freshness = known ? static_cast<core::Freshness>(freshness) : core::Freshness::expired;
  transition.level = known ? static_cast<core::Level>(level) : core::Level::unknown;
}

std::unordered_map<core::ProfileId, Told> told_of(sql::Session& session, std::span<const core::ProfileId> ids) {
  static const std::string kSql = sql::with_list(
      fmt::format("SELECT r.profile_id, r.reason, t.at, t.state, t.reason FROM reading r JOIN hardware h ON h.id ="
                  " r.profile_id LEFT JOIN transition t ON {} AND t.at ="
                  " (SELECT s.at FROM transition s WHERE s.profile_id = h.id ORDER BY s.at DESC LIMIT 1)"
                  " WHERE r.profile_id",
                  kIsOfProfile));
  std::unordered_map<core::ProfileId, Told> told;
  sql::for_each_list<core::ProfileId>(ids, [&](std::span<const core::ProfileId> part) {
    auto query = session.query(kSql, part);
    while (query.step()) {
      Told& one = told[query.get<core::ProfileId>(0)];
      one.reason = query.get<std::string>(1);
      const auto at = query.get<std::optional<base::Time>>(2);
      if (!at) continue;
      one.latest = {.at = *at, .level = {}, .freshness = {}, .reason = query.get<std::string>(4)};
      set_state(*one.latest, query.get<int>(3));
    }
  });
  return told;
}

base::Time move_back(sql::Session& session, core::ProfileId profile, base::Time time) {
  base::Time after{};
  {
    auto query = session.query("SELECT MAX(at) FROM transition WHERE profile_id = ? AND at <= ?", profile, time);
    if (query.step()) after = query.get<base::Time>(0);
  }
  auto later = later_than(session, profile, time);
  session.run("DELETE FROM transition WHERE profile_id = ? AND at > ?", profile, time);
  base::Time at = time - base::Duration{static_cast<std::int64_t>(later.size())};
  for (core::LoggedTransition& one : later) {
    after = one.transition.at = std::max(at, after + base::Duration{1});
    at += base::Duration{1};
  }
  write_transitions(session, later);
  return after;
}

core::Transition gap_at(base::Time time, std::optional<core::LastTold>& last) {
  if (last) time = std::max(time, last->at + base::Duration{1});
  last = core::LastTold{.at = time};
  return {time, core::Level::unknown, core::Freshness::expired, ""};
}

void write_transitions(sql::Session& session, std::span<const core::LoggedTransition> transitions) {
  // No two have the same time; if plain SQL has written one, it must not stop the readings.
  static const sql::RowsStatement kSql("REPLACE INTO transition (profile_id, at, revision, state, reason) VALUES ", 5);
  kSql.run(session, transitions, [](sql::Query& query, const core::LoggedTransition& one) {
    const core::Transition& transition = one.transition;
    query.bind(one.profile, transition.at, one.revision, state_code(transition), transition.reason);
  });
}

}  // namespace store
