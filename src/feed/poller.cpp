#include "feed/poller.hpp"

#include <unordered_set>

#include "base/text.hpp"
#include "core/freshness.hpp"
#include "feed/row_json.hpp"

namespace feed {
namespace {

/// The service names no ids, so a profile's is made of its key: equal in every portal, and small enough for a double,
/// which is what a browser keeps it in.
core::ProfileId id_of(const core::ProfileKey& key) {
  return static_cast<core::ProfileId>(core::stable_hash(key) >> 12 | 1);
}

}  // namespace

PollFolder::PollFolder(board::Board& board, base::Duration period)
    : board_(board), period_(period), epoch_("poll" + base::random_hex(6)) {}

void PollFolder::fold(std::string_view json, base::Duration took) {
  const base::Time now = base::system_clock().wall_now();
  auto rows = parse_original(json, now, took);
  const bool continues = board_.state()->version.epoch == epoch_;
  const core::Revision revision = continues ? board_.state()->version.revision + 1 : 1;
  // The next answer is due a period after this one, and takes as long.
  const base::Duration ttl = period_ + took;
  const core::FreshnessRule rule{.ttl = ttl, .grace = ttl, .expire_after = 5 * ttl};
  core::Change change;
  std::unordered_set<core::ProfileId> present;
  for (core::Row& row : rows) {
    row.profile.id = id_of(row.profile.key);
    row.revision = revision;
    row.probe = "remote";
    core::apply(rule, *row.reading);
    const core::RowPtr before = continues ? board_.state()->snapshot.find(row.profile.key) : nullptr;
    if (before) row.reading->changed = core::change_after(*before->reading, row.reading->level, now);
    present.insert(row.profile.id);
    change.rows.push_back(std::make_shared<const core::Row>(std::move(row)));
  }
  if (!continues)
    return board_.fill({.version = {epoch_, revision},
                        .now = now,
                        .rows = std::move(change.rows),
                        .removed = {},
                        .removed_since = revision,
                        .gaps = {}});
  board_.state()->snapshot.for_each([&](const core::RowPtr& row) {
    if (!present.contains(row->profile.id)) change.removed.push_back({row->profile.id, revision});
  });
  board_.apply(std::move(change), revision, now);
}

}  // namespace feed
