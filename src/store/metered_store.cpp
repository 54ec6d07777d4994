#include "store/metered_store.hpp"

#include <algorithm>

namespace store {
namespace {

/// Observes the time until the end of the scope, also of a call that fails.
class Timed {
 public:
  explicit Timed(prometheus::Histogram& histogram) : histogram_(histogram) {}
  ~Timed() { histogram_.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count()); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  prometheus::Histogram& histogram_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

prometheus::Histogram& histogram(base::Metrics& metrics, const std::string& call) {
  return metrics.seconds("vacancy_database_seconds", "How long calls of the database took, retries included",
                         {{"call", call}});
}

}  // namespace

MeteredStore::MeteredStore(Store& store, base::Metrics& metrics)
    : store_(store),
      last_write_(metrics.gauge("vacancy_database_last_write_timestamp_seconds",
                                "When this process last wrote to the database; 0 before it did")),
      load_(histogram(metrics, "load")),
      poll_(histogram(metrics, "poll")),
      profiles_(histogram(metrics, "profiles")),
      assign_(histogram(metrics, "assign")),
      claim_(histogram(metrics, "claim")),
      renew_(histogram(metrics, "renew")),
      finish_(histogram(metrics, "finish")) {}

Loaded MeteredStore::load() {
  const Timed timed(load_);
  return store_.load();
}

Polled MeteredStore::poll(core::Revision seen) {
  const Timed timed(poll_);
  return store_.poll(seen);
}

std::vector<Added> MeteredStore::add_all(std::span<const core::NewProfile> profiles) {
  const Timed timed(profiles_);
  auto added = store_.add_all(profiles);
  if (!std::ranges::all_of(added, &Added::existed)) last_write_.SetToCurrentTime();
  return added;
}

std::size_t MeteredStore::add_missing(std::span<const core::NewProfile> profiles) {
  const Timed timed(profiles_);
  auto result = store_.add_missing(profiles);
  if (result > 0) last_write_.SetToCurrentTime();
  return result;
}

base::Result<core::Profile> MeteredStore::change(core::ProfileId id, const core::ProfileKey& key,
                                                 const std::optional<core::Labels>& labels) {
  const Timed timed(profiles_);
  auto result = store_.change(id, key, labels);
  if (result.has_value()) last_write_.SetToCurrentTime();
  return result;
}

base::Result<void> MeteredStore::set_labels(core::ProfileId id, const core::Labels& labels) {
  const Timed timed(profiles_);
  auto result = store_.set_labels(id, labels);
  if (result.has_value()) last_write_.SetToCurrentTime();
  return result;
}

base::Result<core::Profile> MeteredStore::find(const core::ProfileKey& key) {
  const Timed timed(profiles_);
  return store_.find(key);
}

std::vector<core::Profile> MeteredStore::profiles() {
  const Timed timed(profiles_);
  return store_.profiles();
}

base::Result<void> MeteredStore::remove(core::ProfileId id) {
  const Timed timed(profiles_);
  auto result = store_.remove(id);
  if (result.has_value()) last_write_.SetToCurrentTime();
  return result;
}

void MeteredStore::forget_removed(base::Duration age) {
  const Timed timed(profiles_);
  store_.forget_removed(age);
  last_write_.SetToCurrentTime();
}

void MeteredStore::prepare(const std::string& probe, base::Duration ttl, bool batched) {
  const Timed timed(assign_);
  store_.prepare(probe, ttl, batched);
  last_write_.SetToCurrentTime();
}

void MeteredStore::assign(std::span<const Assignment> assignments) {
  const Timed timed(assign_);
  store_.assign(assignments);
  last_write_.SetToCurrentTime();
}

Claimed MeteredStore::claim(const Wanted& wanted) {
  const Timed timed(claim_);
  auto result = store_.claim(wanted);
  if (!result.claims.empty()) last_write_.SetToCurrentTime();
  return result;
}

Backlog MeteredStore::backlog(const std::string& probe) {
  const Timed timed(claim_);
  return store_.backlog(probe);
}

std::optional<base::Time> MeteredStore::spend(const std::string& probe, std::span<const Limit> limits) {
  const Timed timed(claim_);
  auto result = store_.spend(probe, limits);
  if (result) last_write_.SetToCurrentTime();
  return result;
}

void MeteredStore::refund(const std::string& probe, std::span<const Limit> limits, std::span<const base::Time> runs) {
  const Timed timed(claim_);
  store_.refund(probe, limits, runs);
  if (!runs.empty()) last_write_.SetToCurrentTime();
}

std::vector<std::uint64_t> MeteredStore::left(const std::string& probe, std::span<const Limit> limits) {
  const Timed timed(claim_);
  return store_.left(probe, limits);
}

std::vector<TaskId> MeteredStore::renew(const std::string& owner, std::span<const Claim> claims, base::Duration lease) {
  const Timed timed(renew_);
  auto result = store_.renew(owner, claims, lease);
  if (result.size() < claims.size()) last_write_.SetToCurrentTime();
  return result;
}

std::vector<TaskId> MeteredStore::finish(std::span<const Outcome> outcomes) {
  const Timed timed(finish_);
  auto result = store_.finish(outcomes);
  if (result.size() < outcomes.size()) last_write_.SetToCurrentTime();
  return result;
}

void MeteredStore::fail_all(const std::string& probe, const std::string& error) {
  const Timed timed(finish_);
  store_.fail_all(probe, error);
  last_write_.SetToCurrentTime();
}

void MeteredStore::discover(const std::string& probe, std::span<const core::ProfileKey> keys) {
  const Timed timed(profiles_);
  store_.discover(probe, keys);
  last_write_.SetToCurrentTime();
}

void MeteredStore::release(const std::string& owner, std::span<const Claim> claims) {
  const Timed timed(renew_);
  store_.release(owner, claims);
  last_write_.SetToCurrentTime();
}

}  // namespace store
