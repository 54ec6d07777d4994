// The tasks of the store without a database.
#include <set>
#include <thread>

#include "support/memory_store.hpp"

namespace support {

using core::ProfileId;
using core::ProfileKey;
using store::TaskId;

MemoryStore::Task* MemoryStore::task_of(ProfileId profile) {
  const auto found = std::ranges::find_if(tasks_, [&](const auto& task) { return task.second.profile == profile; });
  return found == tasks_.end() ? nullptr : &found->second;
}

void MemoryStore::prepare(const std::string& probe, base::Duration ttl, bool batched) {
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  auto place = std::ranges::find(probes_, probe);
  if (place == probes_.end()) place = probes_.insert(probes_.end(), probe);
  const ProfileId own = -(place - probes_.begin() + 1);
  std::erase_if(tasks_, [&](const auto& entry) {
    return entry.second.probe == probe && batched == (entry.second.profile != own);
  });
  const auto begin = [&](ProfileId profile) {
    if (task_of(profile)) return;
    Task& task = tasks_[++last_task_];
    task.profile = profile;
    task.probe = probe;
    task.due = now;
  };
  if (batched) begin(own);
  for (const auto& [id, row] : rows_)
    if (!batched && row->probe == probe) begin(id);
  const auto fails = [&](const Task& task) {
    const auto is_of = [&](const auto& entry) {
      return entry.second->probe == probe && (batched || entry.first == task.profile);
    };
    const auto failed = [&](const auto& entry) { return is_of(entry) && entry.second->failure; };
    return std::ranges::any_of(rows_, failed) || std::ranges::none_of(rows_, is_of);
  };
  for (auto& [id, task] : tasks_) {
    if (task.probe != probe) continue;
    task.due = std::min(task.due, task.owner.empty() && fails(task) ? now : now + ttl / 2);
    if (task.must > now + ttl) task.must.reset();
  }
}

void MemoryStore::assign(std::span<const store::Assignment> assignments) {
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  ++revision_;
  for (const auto& [profile, probe, ttl, batched] : assignments) {
    const auto found = rows_.find(profile);
    if (found == rows_.end() || found->second->probe == probe) continue;
    core::Row row = *found->second;
    row.probe = probe;
    row.next.reset();
    put(std::move(row));
    std::erase_if(tasks_, [&](const auto& entry) { return entry.second.profile == profile; });
    for (auto& [id, task] : tasks_) {
      if (!batched || task.probe != probe) continue;
      task.due = std::min(task.due, now);
      task.must.reset();
      if (!task.owner.empty()) task.phase = ttl;
    }
    if (probe == core::kNoProbe || batched) continue;
    Task& task = tasks_[++last_task_];
    task.profile = profile;
    task.probe = probe;
    task.due = now;
    task.phase = ttl * (profile * 7 % 16) / 16;
  }
}

std::pair<std::uint64_t, base::Time> MemoryStore::left(const std::string& probe, const store::Limit& limit) const {
  const base::Time now = clock_.wall_now();
  const auto spent = spent_.find(probe);
  if (spent == spent_.end()) return {limit.calls, now};
  std::vector<base::Time> recent;
  std::ranges::copy_if(spent->second, std::back_inserter(recent),
                       [&](base::Time run) { return run > now - limit.window; });
  if (recent.size() < limit.calls) return {limit.calls - recent.size(), now};
  return {0, recent.front() + limit.window};
}

double MemoryStore::left_besides(const std::string& probe, const store::Limit& limit, double promised) const {
  const base::Time now = clock_.wall_now();
  const auto seconds = [](base::Duration duration) { return std::chrono::duration<double>(duration).count(); };
  double room = static_cast<double>(limit.calls) - promised * seconds(limit.window);
  const auto spent = spent_.find(probe);
  if (spent == spent_.end()) return room;
  double used = 0;
  for (auto run = spent->second.rbegin(); run != spent->second.rend() && *run > now - limit.window; ++run)
    room = std::min(room, static_cast<double>(limit.calls) - ++used -
                              promised * seconds(std::min(*run + limit.window + limit.window / 4 - now, limit.window)));
  return room;
}

std::optional<base::Time> MemoryStore::spend(const std::string& probe, std::span<const store::Limit> limits) {
  const auto lock = enter();
  for (const store::Limit& limit : limits)
    if (left(probe, limit).first == 0) return std::nullopt;
  return spent_[probe].emplace_back(clock_.wall_now());
}

void MemoryStore::refund(const std::string& probe, std::span<const store::Limit>, std::span<const base::Time> runs) {
  const auto lock = enter();
  auto& spent = spent_[probe];
  for (const base::Time run : runs)
    if (const auto found = std::ranges::find(spent, run); found != spent.end()) spent.erase(found);
}

std::vector<std::uint64_t> MemoryStore::left(const std::string& probe, std::span<const store::Limit> limits) {
  const auto lock = enter();
  std::vector<std::uint64_t> all;
  for (const store::Limit& limit : limits) all.push_back(left(probe, limit).first);
  return all;
}

store::Claim MemoryStore::claim_of(TaskId id, Task& task) {
  store::Claim claim{.task = id, .batched = task.profile < 0, .due = task.due, .token = ++task.token};
  for (const auto& [profile, row] : rows_) {
    if (claim.batched ? row->probe != task.probe : profile != task.profile) continue;
    claim.profiles.push_back(row->profile);
  }
  return claim;
}

store::Claimed MemoryStore::claim(const store::Wanted& wanted) {
  ++claims_;
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  store::Claimed claimed{.claims = {}, .now = now, .next_due = {}, .left = {}};
  std::vector<std::tuple<bool, base::Time, TaskId>> free;
  for (const auto& [id, task] : tasks_) {
    if (task.probe != wanted.probe) continue;
    const bool early = wanted.promise && task.due <= now && task.must && *task.must > now;
    if (task.lease_until < now) free.emplace_back(early || task.due > now, task.due, id);
  }
  std::ranges::sort(free);
  std::size_t allowed = wanted.count;
  base::Time next_allowed = now;
  for (const store::Limit& limit : wanted.limits) {
    const auto [calls, next] = left(wanted.probe, limit);
    claimed.left.push_back(calls);
    allowed = std::min<std::size_t>(allowed, calls);
    next_allowed = std::max(next_allowed, next);
  }
  double besides = static_cast<double>(allowed);
  if (wanted.promise)
    for (const store::Limit& limit : wanted.limits)
      if (limit.window > wanted.promise->patience)
        besides = std::min(besides, left_besides(wanted.probe, limit, wanted.promise->rate));
  for (const auto& [early, due, id] : free) {
    if (claimed.claims.size() == wanted.count) break;
    if (due > now || claimed.claims.size() == allowed) {
      claimed.next_due = std::max(std::min(due, claimed.next_due.value_or(due)), next_allowed);
      break;
    }
    Task& task = tasks_[id];
    if (early && besides < 1) {
      task.due = std::min(*task.must, now + wanted.promise->retry);
      claimed.next_due = std::min(claimed.next_due.value_or(task.due), task.due);
      ++revision_;
      tell(task, {task.due, core::DueReason::budget});
      continue;
    }
    besides -= early ? 1 : 0;
    task.owner = wanted.owner;
    task.lease_until = now + wanted.lease;
    claimed.claims.push_back(claim_of(id, task));
    if (wanted.limits.empty() || (claimed.claims.back().profiles.empty() && !wanted.discovers)) continue;
    claimed.claims.back().counted = spent_[wanted.probe].emplace_back(now);
    for (std::uint64_t& left : claimed.left) --left;
  }
  return claimed;
}

void MemoryStore::make_due() {
  const std::lock_guard lock(mutex_);
  for (auto& [id, task] : tasks_) task.due = clock_.wall_now();
}

store::Backlogs MemoryStore::backlogs(std::span<const std::string> probes, bool leases) {
  ++looks_;
  const auto lock = enter();
  store::Backlogs found{.now = clock_.wall_now(), .of = {}};
  const auto sooner = [](std::optional<base::Time>& first, base::Time time) {
    if (!first || time < *first) first = time;
  };
  for (const std::string& probe : probes) found.of[probe];
  for (const auto& [id, task] : tasks_) {
    if (!found.of.contains(task.probe)) continue;
    if (task.lease_until < found.now)
      sooner(found.of[task.probe].due, task.due);
    else if (leases && task.due <= found.now)
      sooner(found.of[task.probe].lease_end, task.lease_until);
  }
  return found;
}

MemoryStore::Task* MemoryStore::held(const std::string& owner, const store::Claim& claim) {
  const auto found = tasks_.find(claim.task);
  if (found == tasks_.end() || found->second.owner != owner || found->second.token != claim.token) return nullptr;
  return &found->second;
}

std::vector<TaskId> MemoryStore::renew(const std::string& owner, std::span<const store::Claim> claims,
                                       base::Duration lease) {
  std::this_thread::sleep_for(renewal_delay_.load());
  ++renewals_;
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

void MemoryStore::set_reading(core::Row& row, core::Reading reading, bool counts) {
  const core::Reading* before = row.reading ? &*row.reading : nullptr;
  if (before != nullptr) {
    reading.changed = core::change_after(*before, reading.level, reading.measured_at);
    reading.recent = core::recent_after(*before, reading);
  }
  tell(row.profile.id, before, reading, counts);
  row.reading = std::move(reading);
}

void MemoryStore::write(const store::Outcome& outcome, const store::Finding& finding, base::Time now) {
  core::Row row = *rows_[finding.profile.id];
  const base::Time ended = now - outcome.ended_ago;
  if (finding.result) {
    row.failure.reset();
    core::Reading reading = core::reading_of(*finding.result, ended, outcome.took, outcome.rule);
    const core::Reading* before = row.reading ? &*row.reading : nullptr;
    if (before == nullptr || !core::is_superseded(reading, *before, now)) set_reading(row, std::move(reading), true);
  } else {
    row.failure = core::Failure{finding.result.error(), ended};
  }
  row.next.reset();
  put(std::move(row));
}

void MemoryStore::free(Task& task, const store::Outcome& outcome, base::Time now) {
  const base::Duration phase = std::exchange(task.phase, {});
  task.free();
  if (!outcome.refresh) {
    const base::Time next = store::next_due(task.due, outcome.rule.ttl, now);
    task.due = std::max(next - phase, std::min(next, now));
    task.must.reset();
    task.ran.reset();
    return;
  }
  const base::Time began = now - outcome.ended_ago - outcome.took;
  task.ran = began;
  task.must = std::max(began + outcome.refresh->max - phase, began + outcome.refresh->min);
  std::optional<core::NextRun> first;
  std::vector<core::RowPtr> rows;
  for (const store::Finding& finding : outcome.findings) {
    const auto found = rows_.find(finding.profile.id);
    if (found == rows_.end() || found->second->revision != revision_) continue;
    rows.push_back(found->second);
    const auto& reading = found->second->reading;
    const auto changed = reading && reading->changed ? std::optional(reading->changed->at) : std::nullopt;
    const core::NextRun own = core::next_run(*outcome.refresh, outcome.watched, began, changed);
    if (!first || own.due < first->due) first = own;
  }
  if (first) first->due = std::max(std::min(first->due, *task.must), now - outcome.ended_ago);
  task.due = first ? first->due : *task.must;
  for (const core::RowPtr& known : rows) {
    core::Row row = *known;
    row.next = *first;
    put(std::move(row));
  }
}

std::vector<TaskId> MemoryStore::finish(std::span<const store::Outcome> outcomes) {
  if (refuses_results_) {
    ++refusals_;
    throw base::Lost("the memory store takes no results");
  }
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  std::vector<TaskId> refused;
  ++revision_;
  for (const auto& outcome : outcomes) {
    const auto found = tasks_.find(outcome.task);
    if (found == tasks_.end() || found->second.owner.empty() || found->second.token != outcome.token ||
        outcome.batched != (found->second.profile < 0) ||
        (!outcome.batched && found->second.profile != outcome.findings.front().profile.id)) {
      refused.push_back(outcome.task);
      continue;
    }
    Task& task = found->second;
    std::set<ProfileId> found_out;
    for (const store::Finding& finding : outcome.findings) {
      if (!found_out.insert(finding.profile.id).second) continue;
      const auto row = rows_.find(finding.profile.id);
      if (row != rows_.end() && row->second->probe == task.probe && row->second->profile.key == finding.profile.key)
        write(outcome, finding, now);
    }
    free(task, outcome, now);
  }
  return refused;
}

void MemoryStore::fail_all(const std::string& probe, const std::string& error) {
  const auto lock = enter();
  ++revision_;
  for (const auto& [id, found] : std::map(rows_)) {
    if (found->probe != probe) continue;
    core::Row row = *found;
    row.failure = core::Failure{error, clock_.wall_now()};
    put(std::move(row));
  }
}

void MemoryStore::discover(const std::string& probe, std::span<const ProfileKey> keys) {
  const auto lock = enter();
  adopt();
  ++revision_;
  for (const ProfileKey& key : keys)
    if (!row_with(key)) origins_[insert(key).id] = probe;
  for (const auto& [id, origin] : std::map(origins_))
    if (origin == probe && std::ranges::find(keys, rows_[id]->profile.key) == keys.end()) bury(id);
}

void MemoryStore::release(const std::string& owner, std::span<const store::Claim> claims) {
  const auto lock = enter();
  for (const auto& claim : claims)
    if (Task* task = held(owner, claim)) task->free();
}

void MemoryStore::want(std::span<const ProfileId> profiles, base::Duration period) {
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  std::erase_if(demand_, [&](const auto& entry) { return entry.second <= now; });
  for (const ProfileId profile : std::set(profiles.begin(), profiles.end()))
    if (demand_.contains(profile) || demand_.size() < store::kMostWanted) demand_[profile] = now + period;
}

std::vector<ProfileId> MemoryStore::wanted() {
  const auto lock = enter();
  std::vector<ProfileId> ids;
  for (const auto& [profile, ends] : demand_)
    if (ends > clock_.wall_now()) ids.push_back(profile);
  return ids;
}

void MemoryStore::hasten(const std::string& probe, bool batched, std::span<const ProfileId> profiles,
                         const core::RefreshRule& rule) {
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  ++revision_;
  for (auto& [id, task] : tasks_) {
    if (task.probe != probe || !task.owner.empty()) continue;
    if (!batched && std::ranges::find(profiles, task.profile) == profiles.end()) continue;
    core::NextRun next = core::next_run(rule, true, task.ran.value_or(now), {});
    next.due = std::max(next.due, now);
    if (next.due >= task.due) continue;
    task.must = task.must.value_or(task.due);
    task.due = next.due;
    tell(task, next);
  }
}

void MemoryStore::tell(const Task& task, const core::NextRun& next) {
  for (const auto& [profile, known] : std::map(rows_)) {
    if (known->probe != task.probe || (task.profile > 0 && profile != task.profile)) continue;
    core::Row row = *known;
    row.next = next;
    put(std::move(row));
  }
}

}  // namespace support
