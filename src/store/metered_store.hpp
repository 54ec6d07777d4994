#pragma once

#include "base/metrics.hpp"
#include "store/store.hpp"

namespace store {

/// A store that measures how long each call of another takes: vacancy_database_seconds, by call; and when one wrote
/// last: vacancy_database_last_write_timestamp_seconds. Both outlive it.
class MeteredStore final : public Store {
 public:
  MeteredStore(Store& store, base::Metrics& metrics);

  Loaded load() override;
  Polled poll(core::Revision seen) override;

  std::vector<Added> add_all(std::span<const core::NewProfile> profiles) override;
  std::size_t add_missing(std::span<const core::NewProfile> profiles) override;
  base::Result<core::Profile> change(core::ProfileId id, const core::ProfileKey& key,
                                     const std::optional<core::Labels>& labels) override;
  base::Result<void> set_labels(core::ProfileId id, const core::Labels& labels) override;
  base::Result<core::Profile> find(const core::ProfileKey& key) override;
  std::vector<core::Profile> profiles() override;
  base::Result<void> remove(core::ProfileId id) override;
  void forget_removed(base::Duration age) override;

  void prepare(const std::string& probe, base::Duration ttl, bool batched) override;
  void assign(std::span<const Assignment> assignments) override;
  Claimed claim(const Wanted& wanted) override;
  Backlog backlog(const std::string& probe) override;
  std::optional<base::Time> spend(const std::string& probe, std::span<const Limit> limits) override;
  void refund(const std::string& probe, std::span<const Limit> limits, std::span<const base::Time> runs) override;
  std::vector<std::uint64_t> left(const std::string& probe, std::span<const Limit> limits) override;
  std::vector<TaskId> renew(const std::string& owner, std::span<const Claim> claims, base::Duration lease) override;
  std::vector<TaskId> finish(std::span<const Outcome> outcomes) override;
  void fail_all(const std::string& probe, const std::string& error) override;
  void discover(const std::string& probe, std::span<const core::ProfileKey> keys) override;
  void release(const std::string& owner, std::span<const Claim> claims) override;

 private:
  Store& store_;
  prometheus::Gauge& last_write_;
  prometheus::Histogram& load_;
  prometheus::Histogram& poll_;
  prometheus::Histogram& profiles_;
  prometheus::Histogram& assign_;
  prometheus::Histogram& claim_;
  prometheus::Histogram& renew_;
  prometheus::Histogram& finish_;
};

}  // namespace store
