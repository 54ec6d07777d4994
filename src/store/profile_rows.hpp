#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/profile.hpp"
#include "sql/session.hpp"

/// The rows of a profile in tables `hardware`, `reading` and `attribute`. All but ids_of() require a transaction that
/// holds the board's lock.
namespace store {

/// Values of hardware.revision of rows that are no profiles.
inline constexpr core::Revision kUnseen = 0;
inline constexpr core::Revision kRefused = -1;

/// The rows of `hardware` with these keys and a revision of at least `least`: the oldest of each key.
std::map<core::ProfileKey, core::ProfileId> ids_of(sql::Session& session, std::span<const core::ProfileKey> keys,
                                                   core::Revision least);

/// `origin`: the probe that discovered them, or "".
void insert_profiles(sql::Session& session, std::span<const core::ProfileKey> keys, core::Revision revision,
                     const std::string& origin);

/// Makes profiles of the rows of `hardware` with this new revision: each gets a reading that is PENDING. Returns them,
/// ordered by id.
std::vector<core::Profile> make_pending(sql::Session& session, core::Revision revision);

/// Deletes the readings and tasks of these profiles, and leaves tombstones.
void unlist(sql::Session& session, std::span<const core::ProfileId> ids, core::Revision revision);
/// Deletes these profiles, and leaves tombstones.
void bury(sql::Session& session, std::span<const core::ProfileId> ids, core::Revision revision);

/// Writes the labels of profiles that have none.
void insert_labels(sql::Session& session, std::span<const core::Profile> profiles);
/// Replaces a profile's labels, which changes its row.
void replace_labels(sql::Session& session, const core::Profile& profile, core::Revision revision);

}  // namespace store
