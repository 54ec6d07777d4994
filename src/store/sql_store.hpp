#pragma once

#include <atomic>
#include <memory>

#include "sql/pool.hpp"
#include "sql/transact.hpp"
#include "store/store.hpp"

namespace store {

/// At least 0 and less than `period`.
base::Duration random_part(base::Duration period);

/// Gives `profiles` their attributes.
void add_attributes(sql::Session& session, std::span<core::Profile> profiles);

/// The store in a SQL database, of any dialect. Its functions stand in sql_*.cpp.
///
/// Every change takes its revision first (next_revision): the lock on that row, held to the commit, makes all changes
/// of all replicas follow one another. Whoever locks tasks too locks them after it, by their ids.
class SqlStore final : public Store {
 public:
  /// REQUIRES: `pool`'s database is migrated.
  explicit SqlStore(std::unique_ptr<sql::Pool> pool) : pool_(std::move(pool)) {}

  Loaded load() override;
  Polled poll(core::Revision seen) override;

  base::Result<core::Profile> add(const core::ProfileKey& key) override;
  std::size_t add_missing(std::span<const core::ProfileKey> keys) override;
  base::Result<core::Profile> replace(core::ProfileId id, const core::ProfileKey& key) override;
  base::Result<void> set_attributes(core::ProfileId id, const core::Attributes& attributes) override;
  base::Result<core::Profile> find(const core::ProfileKey& key) override;
  base::Result<void> remove(core::ProfileId id) override;
  void forget_removed(base::Duration age) override;

  void prepare(const std::string& probe, base::Duration ttl, bool batched) override;
  void assign(std::span<const Assignment> assignments) override;
  Claimed claim(const Wanted& wanted) override;
  Backlog backlog(const std::string& probe) override;
  bool spend(const std::string& probe, std::span<const Limit> limits) override;
  std::vector<TaskId> renew(const std::string& owner, std::span<const Claim> claims, base::Duration lease) override;
  std::vector<TaskId> finish(std::span<const Outcome> outcomes) override;
  void fail_all(const std::string& probe, const std::string& error) override;
  void discover(const std::string& probe, std::span<const core::ProfileKey> keys) override;
  void release(const std::string& owner, std::span<const Claim> claims) override;

 private:
  enum class Adopt : std::uint8_t {
    fresh,       ///< rows that nobody has looked at
    everything,  ///< also rows refused before, and profiles whose row was deleted with plain SQL
  };

  template <class F>
  auto read(F job) {
    return sql::transact(*pool_, sql::Access::read, std::move(job));
  }
  template <class F>
  auto write(F job) {
    return sql::transact(*pool_, sql::Access::write, std::move(job));
  }
  /// Without a transaction: for reads of one statement.
  template <class F>
  auto with_session(F job) {
    return sql::with_retries([&] { return job(*pool_->acquire()); });
  }
  base::Time now() {
    return with_session([](sql::Session& session) { return session.now(); });
  }

  /// Takes the next revision, for a transaction that writes. Must be its first statement.
  core::Revision next_revision(sql::Session& session);
  /// Remembers that the database was at `revision`.
  void know(core::Revision revision);

  void look_ahead(const Wanted& wanted, Claimed& claimed);
  void adopt(Adopt what);
  /// Adds those that do not exist, as discovered by the probe `origin` ("": by nobody).
  std::size_t add_from(const std::string& origin, std::span<const core::ProfileKey> keys);
  core::ProfileId adopt_some(core::Revision mark, core::ProfileId after);

  std::unique_ptr<sql::Pool> pool_;
  /// The database has been at this revision, so it must not be behind it.
  std::atomic<core::Revision> known_ = 0;
};

}  // namespace store
