#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "store/buckets.hpp"
#include "store/store.hpp"

namespace support {

/// The store without a database: it passes the same tests as the others (src/store/store_conformance_test.cpp).
/// Thread-safe. `clock`, whose wall clock is the database's clock, must outlive it.
class MemoryStore : public store::Store {
 public:
  explicit MemoryStore(const base::Clock& clock);

  /// As if somebody inserted a row with plain SQL.
  void insert_plain(const std::string& provider, const std::string& name);
  /// While true, every call throws base::Lost.
  void lose(bool lost);
  /// While true, finish() throws base::Lost.
  void refuse_results(bool refuse) { refuses_results_ = refuse; }
  /// How often it threw for that.
  int refusals() const { return refusals_; }
  /// Makes all tasks due, as plain SQL may do.
  void make_due();
  /// How often claim(), backlogs() and renew() were called.
  int claims() const { return claims_; }
  int looks() const { return looks_; }
  int renewals() const { return renewals_; }
  /// How long renew() takes until it looks.
  void delay_renewals(std::chrono::milliseconds delay) { renewal_delay_ = delay; }

  core::Contents load() override;
  store::Polled poll(core::Revision seen) override;
  std::vector<store::Added> add_all(std::span<const core::NewProfile> profiles) override;
  std::size_t add_missing(std::span<const core::NewProfile> profiles) override;
  base::Result<core::Profile> change(core::ProfileId id, const core::ProfileKey& key,
                                     const std::optional<core::Labels>& labels) override;
  base::Result<void> set_labels(core::ProfileId id, const core::Labels& labels) override;
  base::Result<core::Profile> find(const core::ProfileKey& key) override;
  std::vector<core::Profile> profiles() override;
  base::Result<void> remove(core::ProfileId id) override;
  void forget_removed(base::Duration age) override;
  base::Time last_write() const override { return {}; }
  void prepare(const std::string& probe, base::Duration ttl, bool batched) override;
  void assign(std::span<const store::Assignment> assignments) override;
  store::Claimed claim(const store::Wanted& wanted) override;
  store::Backlogs backlogs(std::span<const std::string> probes, bool leases) override;
  std::optional<base::Time> spend(const std::string& probe, std::span<const store::Limit> limits) override;
  void refund(const std::string& probe, std::span<const store::Limit> limits,
              std::span<const base::Time> runs) override;
  std::vector<std::uint64_t> left(const std::string& probe, std::span<const store::Limit> limits) override;
  std::vector<store::TaskId> renew(const std::string& owner, std::span<const store::Claim> claims,
                                   base::Duration lease) override;
  std::vector<store::TaskId> finish(std::span<const store::Outcome> outcomes) override;
  void fail_all(const std::string& probe, const std::string& error) override;
  void discover(const std::string& probe, std::span<const core::ProfileKey> keys) override;
  void release(const std::string& owner, std::span<const store::Claim> claims) override;
  void want(std::span<const core::ProfileId> profiles, base::Duration period) override;
  std::vector<core::ProfileId> wanted() override;
  void hasten(const std::string& probe, bool batched, std::span<const core::ProfileId> profiles,
              const core::RefreshRule& rule) override;
  std::vector<core::Transition> transitions(core::ProfileId profile, const store::Between& between,
                                            std::size_t limit) override;
  std::vector<core::Bucket> numbers(core::ProfileId profile, core::NumberOf number, core::Span span,
                                    const store::Between& between, std::size_t limit) override;
  std::vector<store::PastRow> board_at(base::Time time, const core::ProfileKey& after, std::size_t limit) override;
  std::vector<core::LoggedTransition> transitions_after(core::Revision seen, std::size_t limit) override;
  std::vector<core::LoggedTransition> latest_transitions(std::size_t limit) override;
  std::vector<core::LoggedTransition> latest_transitions_of(std::span<const core::ProfileId> profiles,
                                                            std::size_t limit) override;
  std::map<core::ProfileId, core::Calibration> calibration(const store::Between& between,
                                                           std::optional<core::ProfileId> profile) override;
  std::vector<store::Observed> observe(std::span<const store::Observation> observations) override;
  void keep(const core::Retention& retention) override;
  bool take_turn(base::Duration period) override;
  store::Pruned prune() override;
  std::optional<store::AlertTurn> hold_alerts(const std::string& owner, base::Duration lease) override;
  void release_alerts(const store::AlertTurn& turn) override;
  store::AlertMemory alert_memory() override;
  bool advance_alerts(const store::AlertTurn& turn, const store::AlertStep& step) override;
  store::DueMessages due_messages(const std::string& receiver, std::size_t limit) override;
  bool settle(const store::AlertTurn& turn, const store::Attempt& attempt) override;
  std::vector<store::Message> messages(store::MessageState state, std::size_t limit) override;
  store::OutboxCounts outbox() override;
  store::Revived revive_messages(const std::string& id) override;
  void give_up_strangers(std::span<const std::string> receivers, base::Duration age) override;
  bool tidy_outbox(const store::OutboxRetention& retention) override;

 private:
  struct Task {
    core::ProfileId profile = 0;
    std::string probe;
    base::Time due;
    std::optional<base::Time> must, ran;
    base::Duration phase{0};
    base::Time lease_until;
    std::string owner;
    std::int64_t token = 0;

    void free() {
      owner.clear();
      lease_until = {};
      ++token;
    }
  };
  struct History {
    std::vector<core::LoggedTransition> transitions;
    std::optional<core::LastTold> last;
    std::optional<base::Time> untold_since;
    /// By span.
    std::array<store::Buckets, 3> numbers;
  };
  struct Alerting {
    store::AlertTurn turn;
    base::Time lease_until;
    std::optional<core::Revision> seen;
    std::map<std::string, std::string> states;
  };
  struct Outgoing {
    store::Message message;
    std::string order;
  };
  struct Told {
    /// 0: it is gone, or another one now.
    core::ProfileId profile;
    base::Time at;
    core::Level said;
    bool worked;
    std::string id;
    /// The profile of the id, whatever became of it.
    core::ProfileId told_of;
  };
  struct Tombstone {
    core::Revision revision = 0;
    base::Time removed_at;
  };

  /// Locks, and throws when the database is lost.
  std::unique_lock<std::mutex> enter();
  void adopt();
  core::RowPtr row_with(const core::ProfileKey& key) const;
  core::Profile insert(const core::ProfileKey& key);
  void put(core::Row row);
  void bury(core::ProfileId id);
  void forget_past(core::ProfileId id);
  /// As a change of its row.
  void give(core::ProfileId id, const core::Labels& labels);
  store::Claim claim_of(store::TaskId id, Task& task);
  /// How many more runs a limit allows, and when that changes next if it is none.
  std::pair<std::uint64_t, base::Time> left(const std::string& probe, const store::Limit& limit) const;
  /// How many runs a limit allows besides those that are promised.
  double left_besides(const std::string& probe, const store::Limit& limit, double promised) const;
  /// Tells when the profiles of a task are measured next.
  void tell(const Task& task, const core::NextRun& next);
  /// Sets when a task is due next.
  void free(Task& task, const store::Outcome& outcome, base::Time now);
  /// Makes it the row's reading, with what continues the one before it.
  void set_reading(core::Row& row, core::Reading reading, bool counts);
  void write(const store::Outcome& outcome, const store::Finding& finding, base::Time now);
  /// Writes what a reading adds to the history.
  void tell(core::ProfileId profile, const core::Reading* before, const core::Reading& reading, bool counts);
  /// In the order of revisions, profiles and times.
  std::vector<core::LoggedTransition> all_transitions() const;
  Task* task_of(core::ProfileId profile);
  Task* held(const std::string& owner, const store::Claim& claim);

  const base::Clock& clock_;
  const std::string epoch_;
  std::mutex mutex_;
  bool lost_ = false;
  core::Revision revision_ = 0;
  core::Revision removed_since_ = 0;
  core::ProfileId last_profile_ = 0;
  store::TaskId last_task_ = 0;
  std::vector<core::ProfileKey> plain_;
  std::map<core::ProfileId, core::RowPtr> rows_;
  std::map<core::ProfileId, Tombstone> removed_;
  /// Of discovered profiles.
  std::map<core::ProfileId, std::string> origins_;
  /// Their places, from 1, are their ids.
  std::vector<std::string> probes_;
  /// When each run began.
  std::map<std::string, std::vector<base::Time>> spent_;
  std::map<store::TaskId, Task> tasks_;
  /// Until when profiles are wanted.
  std::map<core::ProfileId, base::Time> demand_;
  core::Retention kept_;
  std::map<core::ProfileId, History> histories_;
  std::vector<Told> launches_;
  std::optional<base::Time> turn_;
  Alerting alerting_;
  std::int64_t last_message_ = 0;
  /// In the order of their making.
  std::vector<Outgoing> outbox_;
  std::atomic<int> claims_ = 0;
  std::atomic<int> looks_ = 0;
  std::atomic<int> renewals_ = 0;
  std::atomic<std::chrono::milliseconds> renewal_delay_{};
  std::atomic<bool> refuses_results_ = false;
  std::atomic<int> refusals_ = 0;
};

}  // namespace support
