#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/history.hpp"
#include "sql/session.hpp"

/// Rows of table `transition`. A profile's times grow with the revisions. For a transaction that holds the board's
/// lock.
namespace store {

/// The profile's row of `hardware` and of `transition`, named h and t: a row that belongs to the profile with this id
/// now, and not to a former one.
inline constexpr std::string_view kIsOfProfile = "t.profile_id = h.id AND t.revision >= h.revision";
/// The same for rows in the order of revisions: as a join, it would be begun with the profiles.
inline constexpr std::string_view kIsOfAProfile =
    "t.revision >= (SELECT h.revision FROM hardware h WHERE h.id = t.profile_id)";

/// Column transition.state, and the other way round; any other number is EXPIRED.
int state_code(const core::Transition& transition);
void set_state(core::Transition& transition, int code);

/// What history says last about a profile.
struct Told {
  /// Nothing: it says nothing.
  std::optional<core::Transition> latest;
  /// The reason of the present reading.
  std::string reason;
};
/// REQUIRES: sorted ids of profiles with a reading.
std::unordered_map<core::ProfileId, Told> told_of(sql::Session& session, std::span<const core::ProfileId> ids);

/// Makes room for a transition at `time`, where a clock that was ahead has left later ones: moves them to just before
/// it, in their order. Returns the time of the latest one then.
base::Time move_back(sql::Session& session, core::ProfileId profile, base::Time time);

/// The transition after which nothing is known, since readings from `time` on were not told. `last`: what history says
/// until then, and with it.
core::Transition gap_at(base::Time time, std::optional<core::LastTold>& last);

void write_transitions(sql::Session& session, std::span<const core::LoggedTransition> transitions);

}  // namespace store
