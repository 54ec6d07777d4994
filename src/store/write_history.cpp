#include "store/write_history.hpp"

#include <algorithm>

#include "sql/query.hpp"
#include "store/buckets.hpp"
#include "store/transitions.hpp"

namespace store {
namespace {

using core::ProfileId;

/// A source's clock may go back a little; where it goes back farther, the database's clock was ahead.
constexpr base::Duration kUnsteady = std::chrono::seconds{1};

/// Completes the readings that an older program wrote, with their reasons and with what history says last.
void look_up(sql::Session& session, std::span<const NewReading> readings, ReadingsBefore& before) {
  std::vector<ProfileId> unknown;
  for (const NewReading& one : readings)
    if (const auto found = before.find(one.profile); found != before.end() && !found->second.told)
      unknown.push_back(one.profile);
  std::ranges::sort(unknown);
  for (auto& [profile, told] : told_of(session, unknown)) {
    ReadingBefore& reading = before[profile];
    reading.reading.reason = std::move(told.reason);
    if (told.latest)
      reading.told = {told.latest->level, core::kind_of(told.latest->reason), told.latest->at, base::Time{}};
  }
}

/// Ends what history says at the reading that is the first one not to be told.
void leave_untold(std::span<NewReading> readings, const ReadingsBefore& before) {
  for (NewReading& one : readings)
    if (const auto found = before.find(one.profile); found != before.end())
      one.untold_since = found->second.told ? one.reading->measured_at : found->second.untold_since;
}

void tell(sql::Session& session, std::span<NewReading> readings, ReadingsBefore& before, core::Revision revision) {
  look_up(session, readings, before);
  std::vector<core::LoggedTransition> made;
  for (NewReading& one : readings) {
    const auto found = before.find(one.profile);
    const bool is_first = found == before.end();
    if (!is_first) one.told = found->second.told;
    if (one.told && one.told->at > one.reading->measured_at + kUnsteady)
      one.told->at = move_back(session, one.profile, one.reading->measured_at);
    if (!is_first && found->second.untold_since)
      made.push_back({revision, one.profile, gap_at(*found->second.untold_since, one.told)});
    for (core::Transition& transition :
         core::transitions_of(*one.reading, is_first ? nullptr : &found->second.reading, one.told))
      made.push_back({revision, one.profile, std::move(transition)});
  }
  write_transitions(session, made);
}

void count(sql::Session& session, std::span<NewReading> readings, ReadingsBefore& before, core::Revision revision) {
  struct Over {
    ProfileId profile;
    Block block;
  };
  // The clock may have been set back: then these five minutes were counted before, and are counted anew.
  static const sql::RowsStatement kSql("REPLACE INTO summary (profile_id, span, begins, revision, buckets) VALUES ", 5);
  std::vector<Over> over;
  for (NewReading& one : readings) {
    if (const auto found = before.find(one.profile); found != before.end())
      one.numbers = std::move(found->second.numbers);
    if (!one.counts) continue;
    if (auto block = count_reading(one.numbers, one.profile, *one.reading))
      over.push_back({one.profile, std::move(*block)});
  }
  kSql.run(session, std::span<const Over>(over), [revision](sql::Query& query, const Over& one) {
    query.bind(one.profile, std::to_underlying(core::Span::five_minutes), one.block.begins, revision, one.block.text);
  });
}

}  // namespace

void write_history(sql::Session& session, std::span<NewReading> readings, ReadingsBefore& before,
                   const core::Retention& kept, core::Revision revision) {
  if (kept.transitions.count() > 0)
    tell(session, readings, before, revision);
  else
    leave_untold(readings, before);
  if (kept.keeps_numbers()) count(session, readings, before, revision);
}

}  // namespace store
