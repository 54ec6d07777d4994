#include "support/memory_store.hpp"

#include "base/text.hpp"

namespace support {

using core::ProfileId;
using core::ProfileKey;
using core::Revision;
using store::TaskId;

MemoryStore::MemoryStore(const base::Clock& clock) : clock_(clock), epoch_(base::random_hex(8)) {}

std::unique_lock<std::mutex> MemoryStore::enter() {
  std::unique_lock lock(mutex_);
  if (lost_) throw base::Lost("the memory store is lost");
  return lock;
}

void MemoryStore::insert_plain(const std::string& provider, const std::string& name) {
  const std::lock_guard lock(mutex_);
  plain_.push_back({provider, name});
}

void MemoryStore::lose(bool lost) {
  const std::lock_guard lock(mutex_);
  lost_ = lost;
}

void MemoryStore::adopt() {
  if (plain_.empty()) return;
  ++revision_;
  for (const ProfileKey& key : std::exchange(plain_, {}))
    if (core::checked_key(key.provider, key.name) && !row_with(key)) insert(key);
}

core::RowPtr MemoryStore::row_with(const ProfileKey& key) const {
  for (const auto& [id, row] : rows_)
    if (row->profile.key == key) return row;
  return nullptr;
}

void MemoryStore::put(core::Row row) {
  row.revision = revision_;
  const ProfileId id = row.profile.id;
  rows_[id] = std::make_shared<const core::Row>(std::move(row));
}

core::Profile MemoryStore::insert(const ProfileKey& key) {
  core::Row row;
  row.profile = {++last_profile_, key};
  const core::Profile profile = row.profile;
  put(std::move(row));
  return profile;
}

core::Contents MemoryStore::load() {
  const auto lock = enter();
  adopt();
  core::Contents loaded{.version = {epoch_, revision_},
                        .now = clock_.wall_now(),
                        .rows = {},
                        .removed = {},
                        .removed_since = removed_since_};
  for (const auto& [id, row] : rows_) loaded.rows.push_back(row);
  for (const auto& [id, tombstone] : removed_) loaded.removed.push_back({id, tombstone.revision});
  return loaded;
}

store::Polled MemoryStore::poll(Revision seen) {
  const auto lock = enter();
  adopt();
  store::Polled polled{.epoch = epoch_, .now = clock_.wall_now(), .change = {}};
  for (const auto& [id, row] : rows_)
    if (row->revision > seen) polled.change.rows.push_back(row);
  for (const auto& [id, tombstone] : removed_)
    if (tombstone.revision > seen) polled.change.removed.push_back({id, tombstone.revision});
  return polled;
}

std::vector<store::Added> MemoryStore::add_all(std::span<const core::NewProfile> profiles) {
  const auto lock = enter();
  adopt();
  std::vector<store::Added> added;
  ++revision_;
  for (const core::NewProfile& profile : profiles) {
    const core::RowPtr known = row_with(profile.key);
    const ProfileId id = known ? known->profile.id : insert(profile.key).id;
    if (!known) give(id, profile.labels);
    added.push_back({id, known != nullptr});
  }
  return added;
}

std::size_t MemoryStore::add_missing(std::span<const core::NewProfile> profiles) {
  const auto lock = enter();
  adopt();
  ++revision_;
  std::size_t added = 0;
  for (const core::NewProfile& profile : profiles) {
    core::RowPtr row = row_with(profile.key);
    if (!row) {
      ++added;
      insert(profile.key);
      row = row_with(profile.key);
    }
    core::Labels labels = row->profile.labels;
    for (const auto& [name, value] : profile.labels) labels[name] = value;
    if (labels != row->profile.labels) give(row->profile.id, labels);
  }
  return added;
}

base::Result<core::Profile> MemoryStore::change(ProfileId id, const ProfileKey& key,
                                                const std::optional<core::Labels>& labels) {
  const auto lock = enter();
  adopt();
  const auto old = rows_.find(id);
  if (old == rows_.end()) return base::fail(base::Errc::not_found, "there is no such profile");
  const core::RowPtr owner = row_with(key);
  if (owner && owner->profile.id != id) return base::fail(base::Errc::conflict, "the profile exists");
  if (owner && !labels) return owner->profile;
  ++revision_;
  if (owner) {
    give(id, *labels);
    return owner->profile;
  }
  core::Row row;
  row.profile = {id, key, labels.value_or(old->second->profile.labels)};
  put(std::move(row));
  forget_past(id);
  origins_.erase(id);
  std::erase_if(tasks_, [id](const auto& task) { return task.second.profile == id; });
  return core::Profile{id, key};
}

base::Result<void> MemoryStore::set_labels(ProfileId id, const core::Labels& labels) {
  const auto lock = enter();
  if (!rows_.contains(id)) return base::fail(base::Errc::not_found, "there is no such profile");
  ++revision_;
  give(id, labels);
  return {};
}

void MemoryStore::give(ProfileId id, const core::Labels& labels) {
  core::Row row = *rows_.at(id);
  row.profile.labels = labels;
  put(std::move(row));
}

base::Result<core::Profile> MemoryStore::find(const ProfileKey& key) {
  const auto lock = enter();
  const core::RowPtr row = row_with(key);
  if (!row) return base::fail(base::Errc::not_found, "there is no such profile");
  return row->profile;
}

std::vector<core::Profile> MemoryStore::profiles() {
  const auto lock = enter();
  std::vector<core::Profile> all;
  for (const auto& [id, row] : rows_) all.push_back(row->profile);
  std::ranges::sort(all, {}, &core::Profile::key);
  return all;
}

base::Result<void> MemoryStore::remove(ProfileId id) {
  const auto lock = enter();
  if (!rows_.contains(id)) return base::fail(base::Errc::not_found, "there is no such profile");
  ++revision_;
  bury(id);
  return {};
}

void MemoryStore::forget_past(ProfileId id) {
  histories_.erase(id);
  for (Told& one : launches_)
    if (one.profile == id) one.profile = 0;
}

void MemoryStore::bury(ProfileId id) {
  rows_.erase(id);
  forget_past(id);
  origins_.erase(id);
  std::erase_if(tasks_, [id](const auto& task) { return task.second.profile == id; });
  removed_[id] = {revision_, clock_.wall_now()};
}

void MemoryStore::forget_removed(base::Duration age) {
  const auto lock = enter();
  const base::Time before = clock_.wall_now() - age;
  for (const auto& [id, tombstone] : removed_)
    if (tombstone.removed_at < before) removed_since_ = std::max(removed_since_, tombstone.revision);
  std::erase_if(removed_, [this](const auto& entry) { return entry.second.revision <= removed_since_; });
}

}  // namespace support
