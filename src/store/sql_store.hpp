#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

#include "sql/pool.hpp"
#include "sql/transact.hpp"
#include "store/clock_watch.hpp"
#include "store/store.hpp"

namespace store {

/// A random duration, at least 0 and less than `period`.
base::Duration random_part(base::Duration period);

/// Ids times this, modulo a period in microseconds, are spread over it, so that tasks do not fall due together (Knuth,
/// The Art of Computer Programming, section 6.4).
inline constexpr std::int64_t kSpread = 2654435761;

/// Spreads the tasks of `probe` that are due later than a period from now over that period.
void bring_forward(sql::Session& session, const std::string& probe, base::Duration ttl, base::Time now);

/// Reads the labels of `profiles`.
void add_labels(sql::Session& session, std::span<core::Profile> profiles);

/// The profile's row without its labels, and without what other rooms add; nothing when it is gone.
std::optional<core::Row> plain_row(sql::Session& session, core::ProfileId profile);

/// The store in a SQL database, of any dialect. Its functions are in sql_*.cpp.
///
/// Every change takes its revision first (next_revision): the lock on that row, held to the commit, makes all changes
/// of all replicas follow one another. A transaction that also locks tasks locks them after it, by their ids.
class SqlStore final : public Store {
 public:
  /// REQUIRES: `pool`'s database is migrated. `clock` outlives it; its steady clock reveals steps of the database's.
  SqlStore(std::unique_ptr<sql::Pool> pool, const base::Clock& clock) : pool_(std::move(pool)), watch_(clock) {}

  core::Contents load() override;
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
  base::Time last_write() const override { return pool_->last_write(); }

  void prepare(const std::string& probe, base::Duration ttl, bool batched) override;
  void assign(std::span<const Assignment> assignments) override;
  Claimed claim(const Wanted& wanted) override;
  Backlogs backlogs(std::span<const std::string> probes, bool leases) override;
  std::optional<base::Time> spend(const std::string& probe, std::span<const Limit> limits) override;
  void refund(const std::string& probe, std::span<const Limit> limits, std::span<const base::Time> runs) override;
  std::vector<std::uint64_t> left(const std::string& probe, std::span<const Limit> limits) override;
  std::vector<TaskId> renew(const std::string& owner, std::span<const Claim> claims, base::Duration lease) override;
  std::vector<TaskId> finish(std::span<const Outcome> outcomes) override;
  void fail_all(const std::string& probe, const std::string& error) override;
  void discover(const std::string& probe, std::span<const core::ProfileKey> keys) override;
  void release(const std::string& owner, std::span<const Claim> claims) override;

  void want(std::span<const core::ProfileId> profiles, base::Duration period) override;
  std::vector<core::ProfileId> wanted() override;
  void hasten(const std::string& probe, bool batched, std::span<const core::ProfileId> profiles,
              const core::RefreshRule& rule) override;

  std::vector<core::Transition> transitions(core::ProfileId profile, const Between& between,
                                            std::size_t limit) override;
  std::vector<core::Bucket> numbers(core::ProfileId profile, core::NumberOf number, core::Span span,
                                    const Between& between, std::size_t limit) override;
  std::vector<PastRow> board_at(base::Time time, const core::ProfileKey& after, std::size_t limit) override;
  std::vector<core::LoggedTransition> transitions_after(core::Revision seen, std::size_t limit) override;
  std::vector<core::LoggedTransition> latest_transitions(std::size_t limit) override;
  std::vector<core::LoggedTransition> latest_transitions_of(std::span<const core::ProfileId> profiles,
                                                            std::size_t limit) override;
  std::map<core::ProfileId, core::Calibration> calibration(const Between& between,
                                                           std::optional<core::ProfileId> profile) override;
  std::vector<Observed> observe(std::span<const Observation> observations) override;
  void keep(const core::Retention& retention) override;
  bool take_turn(base::Duration period) override;
  Pruned prune() override;
  std::optional<AlertTurn> hold_alerts(const std::string& owner, base::Duration lease) override;
  void release_alerts(const AlertTurn& turn) override;
  AlertMemory alert_memory() override;
  bool advance_alerts(const AlertTurn& turn, const AlertStep& step) override;
  DueMessages due_messages(const std::string& receiver, std::size_t limit) override;
  bool settle(const AlertTurn& turn, const Attempt& attempt) override;
  std::vector<Message> messages(MessageState state, std::size_t limit) override;
  OutboxCounts outbox() override;
  Revived revive_messages(const std::string& id) override;
  void give_up_strangers(std::span<const std::string> receivers, base::Duration age) override;
  bool tidy_outbox(const OutboxRetention& retention) override;

 private:
  /// Rows that cannot become profiles.
  struct LeftOut {
    std::size_t rows = 0;
    /// A few of them, and why.
    std::vector<std::pair<core::ProfileId, std::string>> first{};

    void add(const LeftOut& other);
    void tell() const;
  };

  template <class F>
  auto read(F job) {
    return sql::transact(*pool_, sql::Access::read, std::move(job));
  }
  template <class F>
  auto write(F job) {
    return sql::transact(*pool_, sql::Access::write, std::move(job));
  }
  /// Runs `job` without a transaction, for reads of one statement.
  template <class F>
  auto with_session(F job) {
    return sql::with_retries([&] { return job(*pool_->acquire()); });
  }
  base::Time now();
  /// Reads the database's clock, and watches it for steps.
  base::Time clock_now(sql::Session& session);
  /// Notes tasks of `probe` from the future: leases given after now, runs due later than a period from now.
  void note_future(const std::string& probe, base::Time now, std::optional<base::Time> latest_lease,
                   std::optional<base::Time> latest_due);
  /// Corrects times that a clock has left in the future before it stepped back: due times beyond a period from now,
  /// leases longer than they were given for, readings. Returns whether there was something to correct, and it is done.
  bool mend_after(bool stepped);
  void mend(const std::string& probe, base::Duration ttl);

  /// Takes the next revision, for a transaction that writes. Must be its first statement.
  core::Revision next_revision(sql::Session& session);
  /// Remembers that the database was at `revision`.
  void know(core::Revision revision);

  core::Retention kept() const;
  /// Locks the lease of alerts until the transaction ends; is it this one?
  static bool has_turn(sql::Session& session, const AlertTurn& turn);

  void add_backlogs(sql::Session& session, std::span<const std::string> probes, bool leases, Backlogs& backlogs);
  void drop_unusable(std::vector<Claim>& claims);
  /// Early runs that the limits do not allow are tried again later, so that they do not stand before others until then.
  /// Returns when. REQUIRES: sorted ids.
  base::Time put_off(std::span<const TaskId> ids, const Wanted& wanted);
  /// Adopts some new rows of plain SQL; returns whether there may be more.
  bool adopt_fresh();
  /// Adopts all new rows, and rows refused before, and buries profiles whose row was deleted with plain SQL.
  void adopt_everything();
  /// Takes rows with an unusable key, as plain SQL may have written it, from the board until they are corrected.
  void leave_out(std::span<const core::ProfileId> ids);
  /// Adds those that do not exist, as discovered by the probe `origin` ("": by nobody).
  std::size_t add_from(const std::string& origin, std::span<const core::NewProfile> profiles);
  std::optional<core::ProfileId> adopt_some(core::Revision marked, core::ProfileId after, LeftOut& left_out);

  std::unique_ptr<sql::Pool> pool_;
  /// The highest revision seen: a database behind it was restored from a backup.
  std::atomic<core::Revision> known_ = 0;
  ClockWatch watch_;
  struct Prepared {
    base::Duration ttl{0};
    bool from_future = false;
  };
  std::mutex prepared_mutex_;
  /// The probes of this process. Guarded by prepared_mutex_.
  std::map<std::string, Prepared> prepared_;
  mutable std::mutex kept_mutex_;
  /// Guarded by kept_mutex_.
  core::Retention kept_;
  std::mutex left_out_mutex_;
  /// Of the adoption under way. Guarded by left_out_mutex_.
  LeftOut left_out_;
};

}  // namespace store
