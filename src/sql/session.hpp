#pragma once

#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "sql/query.hpp"
#include "sql/statement.hpp"

namespace sql {

/// The few differences between the databases.
struct Dialect {
  std::string_view name;
  /// An expression: the database's clock, in microseconds since 1970.
  std::string_view now;
  /// Column definition of a primary key that the database numbers and never gives out twice.
  std::string_view identity;
  /// Column definition of a primary key that the program numbers.
  std::string_view key;
  /// Makes a text column, or all of a table, UTF-8 that is compared byte by byte.
  std::string_view exact_text;
  /// At the end of a definition of a table: transactions, and indexes over long texts, whatever the server's defaults.
  std::string_view table;
  /// In front of `table`: the rows stand in the order of the primary key, which is of several columns.
  std::string_view clustered;
  /// In front of a line: makes it a comment for SQLite.
  std::string_view mysql_only;
  /// After a SELECT in a transaction that writes: locks the rows, and sees what others committed last.
  std::string_view for_update;
  /// The same, leaving out rows that others have locked.
  std::string_view for_update_of_free_rows;
  /// One writer at a time in the whole database: writers of one process then queue in the pool, which is quicker than
  /// asking for the lock again and again.
  bool single_writer;
  /// CREATE and ALTER can be rolled back. Where not, each commits by itself.
  bool transactional_ddl;
};

enum class Access : std::uint8_t { read, write };

/// One connection to a database. An interface because each database's client is another library.
///
/// Used by one thread at a time. Every call may block, and throws sql::Error.
class Session {
 public:
  Session() = default;
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  virtual const Dialect& dialect() const = 0;
  /// The database's clock.
  virtual base::Time now() = 0;

  /// The prepared statement of `sql`, ready to be bound; prepared once and kept as long as the session, so `sql` must
  /// come from a small set of texts. Not to be asked for again while it is in use: query() and run() see to that.
  virtual Statement& prepare(std::string_view sql) = 0;
  /// Several statements without parameters, separated by semicolons.
  virtual void execute_script(std::string_view sql) = 0;
  /// Takes a lock that one session of this database can have, until the session ends; false when another has it for
  /// longer than `patience`. Always true where transactions do as well.
  virtual bool take_lock(std::string_view name, std::chrono::seconds patience) = 0;

  /// A read sees one state of the database until it ends. A write has the right to write from the start.
  virtual void begin(Access access) = 0;
  virtual void commit() = 0;
  /// Does not throw: a session that cannot roll back becomes unusable.
  virtual void rollback() noexcept = 0;
  /// False after the connection was lost, and when the server may have closed it because it was idle.
  virtual bool usable() const = 0;

  template <class... Ts>
  Query query(std::string_view sql, const Ts&... values) {
    Query query(prepare(sql), changed_);
    query.bind(values...);
    return query;
  }

  /// How many rows the statements of this session changed so far, with those that were rolled back.
  std::int64_t changed() const { return changed_; }

  /// Runs a statement that changes rows; returns how many.
  template <class... Ts>
  std::int64_t run(std::string_view sql, const Ts&... values) {
    return query(sql, values...).run();
  }

 private:
  std::int64_t changed_ = 0;
};

/// Rolls back at the end of its scope unless it was committed. Not thread-safe.
class Transaction {
 public:
  Transaction(Session& session, Access access) : session_(session) {
    session.begin(access);
    // Only now: after BEGIN, SQLite reports the changes of the statement before it.
    changed_before_ = session.changed();
  }
  ~Transaction() { rollback(); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Session& operator*() const { return session_; }
  Session* operator->() const { return &session_; }

  /// Does nothing after rollback(). Returns whether it committed a change.
  bool commit() {
    const bool changed = session_.changed() > changed_before_;
    if (open_) session_.commit();
    return std::exchange(open_, false) && changed;
  }
  /// Forgets everything that was written.
  void rollback() noexcept {
    if (open_) session_.rollback();
    open_ = false;
  }

 private:
  Session& session_;
  std::int64_t changed_before_ = 0;
  bool open_ = true;
};

}  // namespace sql
