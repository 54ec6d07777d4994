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
    if (core::checked_key(key.provider, key.name) && !find(key)) insert(key);
}

core::RowPtr MemoryStore::find(const ProfileKey& key) const {
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

store::Loaded MemoryStore::load() {
  const auto lock = enter();
  adopt();
  store::Loaded loaded{.version = {epoch_, revision_},
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

base::Result<core::Profile> MemoryStore::add(const ProfileKey& key) {
  const auto lock = enter();
  adopt();
  if (find(key)) return base::fail(base::Errc::conflict, "the profile exists");
  ++revision_;
  return insert(key);
}

std::size_t MemoryStore::add_missing(std::span<const ProfileKey> keys) {
  const auto lock = enter();
  adopt();
  ++revision_;
  return static_cast<std::size_t>(std::ranges::count_if(keys, [this](const ProfileKey& key) {
    if (find(key)) return false;
    insert(key);
    return true;
  }));
}

base::Result<core::Profile> MemoryStore::replace(ProfileId id, const ProfileKey& key) {
  const auto lock = enter();
  adopt();
  const auto old = rows_.find(id);
  if (old == rows_.end()) return base::fail(base::Errc::not_found, "there is no such profile");
  if (old->second->profile.key == key) return old->second->profile;
  if (find(key)) return base::fail(base::Errc::conflict, "the profile exists");
  ++revision_;
  core::Row row;
  row.profile = {id, key};
  row.probe = old->second->probe;
  put(std::move(row));
  if (Task* task = task_of(id)) {
    task->free();
    task->due = clock_.wall_now();
  }
  return core::Profile{id, key};
}

base::Result<void> MemoryStore::remove(ProfileId id) {
  const auto lock = enter();
  if (rows_.erase(id) == 0) return base::fail(base::Errc::not_found, "there is no such profile");
  std::erase_if(tasks_, [id](const auto& task) { return task.second.profile == id; });
  removed_[id] = {++revision_, clock_.wall_now()};
  return {};
}

void MemoryStore::forget_removed(base::Duration age) {
  const auto lock = enter();
  const base::Time before = clock_.wall_now() - age;
  for (const auto& [id, tombstone] : removed_)
    if (tombstone.removed_at < before) removed_since_ = std::max(removed_since_, tombstone.revision);
  std::erase_if(removed_, [this](const auto& entry) { return entry.second.revision <= removed_since_; });
}

MemoryStore::Task* MemoryStore::task_of(ProfileId profile) {
  const auto found = std::ranges::find_if(tasks_, [&](const auto& task) { return task.second.profile == profile; });
  return found == tasks_.end() ? nullptr : &found->second;
}

void MemoryStore::assign(std::span<const store::Assignment> assignments) {
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  ++revision_;
  for (const auto& [profile, probe, ttl] : assignments) {
    const auto found = rows_.find(profile);
    if (found == rows_.end()) continue;
    Task* task = task_of(profile);
    if (found->second->probe == probe) {
      if (task) task->due = std::min(task->due, now + ttl);
      continue;
    }
    core::Row row = *found->second;
    row.probe = probe;
    put(std::move(row));
    if (probe == core::kNoProbe) {
      std::erase_if(tasks_, [&](const auto& entry) { return entry.second.profile == profile; });
      continue;
    }
    if (!task) task = &tasks_[++last_task_];
    task->free();
    task->profile = profile;
    task->probe = probe;
    task->due = now;
    task->phase = ttl * (profile * 7 % 16) / 16;
  }
}

store::Claimed MemoryStore::claim(const std::string& probe, const std::string& owner, std::size_t limit,
                                  base::Duration lease) {
  ++claims_;
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  store::Claimed claimed{.claims = {}, .now = now, .next_due = {}, .next_lease_end = {}};
  std::vector<std::pair<base::Time, TaskId>> free;
  for (const auto& [id, task] : tasks_) {
    if (task.probe != probe) continue;
    if (task.lease_until < now)
      free.emplace_back(task.due, id);
    else if (task.due <= now && (!claimed.next_lease_end || task.lease_until < *claimed.next_lease_end))
      claimed.next_lease_end = task.lease_until;
  }
  std::ranges::sort(free);
  for (const auto& [due, id] : free) {
    if (claimed.claims.size() == limit) return claimed;
    if (due > now) {
      claimed.next_due = due;
      return claimed;
    }
    Task& task = tasks_[id];
    task.owner = owner;
    task.lease_until = now + lease;
    const core::RowPtr& row = rows_[task.profile];
    claimed.claims.push_back({id, row->profile, due, ++task.token, !row->reading});
  }
  return claimed;
}

MemoryStore::Task* MemoryStore::held(const std::string& owner, const store::Claim& claim) {
  const auto found = tasks_.find(claim.task);
  if (found == tasks_.end() || found->second.owner != owner || found->second.token != claim.token) return nullptr;
  return &found->second;
}

std::vector<TaskId> MemoryStore::renew(const std::string& owner, std::span<const store::Claim> claims,
                                       base::Duration lease) {
  const auto lock = enter();
  std::vector<TaskId> lost;
  for (const auto& claim : claims) {
    if (Task* task = held(owner, claim))
      task->lease_until = clock_.wall_now() + lease;
    else
      lost.push_back(claim.task);
  }
  return lost;
}

std::vector<TaskId> MemoryStore::finish(std::span<const store::Outcome> outcomes) {
  if (refuses_results_) throw base::Lost("the memory store takes no results");
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  std::vector<TaskId> refused;
  ++revision_;
  for (const auto& outcome : outcomes) {
    const auto found = tasks_.find(outcome.task);
    if (found == tasks_.end() || found->second.owner.empty() || found->second.token != outcome.token ||
        found->second.profile != outcome.profile) {
      refused.push_back(outcome.task);
      continue;
    }
    Task& task = found->second;
    const base::Time next = store::next_due(task.due, outcome.rule.ttl, now);
    task.due = std::max(next - std::exchange(task.phase, {}), std::min(next, now));
    task.free();
    core::Row row = *rows_[outcome.profile];
    const base::Time ended = now - outcome.ended_ago;
    if (outcome.result) {
      row.failure.reset();
      row.reading = core::Reading{*outcome.result, ended, {}, {}, outcome.took};
      core::apply(outcome.rule, *row.reading);
    } else {
      row.failure = core::Failure{outcome.result.error(), ended};
    }
    put(std::move(row));
  }
  return refused;
}

void MemoryStore::release(const std::string& owner, std::span<const store::Claim> claims) {
  const auto lock = enter();
  for (const auto& claim : claims)
    if (Task* task = held(owner, claim)) task->free();
}

}  // namespace support
