#include "sql/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>

#include "base/error.hpp"
#include "sql/statement_cache.hpp"
#include "sql/transact.hpp"

namespace sql {
namespace {

constexpr Dialect kDialect{
    .name = "SQLite",
    .identity = "INTEGER PRIMARY KEY AUTOINCREMENT",
    .key = "INTEGER PRIMARY KEY",
    .exact_text = "",
    .mysql_only = "-- ",
    .for_update = "",
    .for_update_of_free_rows = "",
    .single_writer = true,
    .transactional_ddl = true,
};

/// How long SQLite itself waits for another process' lock.
constexpr int kBusyTimeoutMs = 1'000;

ErrorKind kind_of(int extended_code) {
  if (extended_code == SQLITE_CONSTRAINT_UNIQUE || extended_code == SQLITE_CONSTRAINT_PRIMARYKEY)
    return ErrorKind::unique;
  switch (extended_code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::busy;
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
      return ErrorKind::lost;
    default:
      return ErrorKind::other;
  }
}

[[noreturn]] void throw_error(sqlite3* db) {
  throw Error(kind_of(sqlite3_extended_errcode(db)), fmt::format("SQLite: {}", sqlite3_errmsg(db)));
}

class SqliteStatement final : public Statement {
 public:
  SqliteStatement(sqlite3* db, std::string_view sql) : db_(db) {
    const int length = static_cast<int>(sql.size());
    if (sqlite3_prepare_v3(db, sql.data(), length, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != SQLITE_OK)
      throw_error(db);
  }
  ~SqliteStatement() override { sqlite3_finalize(statement_); }

  void bind_null(int parameter) override { check(sqlite3_bind_null(statement_, parameter)); }
  void bind_int(int parameter, std::int64_t value) override { check(sqlite3_bind_int64(statement_, parameter, value)); }
  void bind_real(int parameter, double value) override { check(sqlite3_bind_double(statement_, parameter, value)); }
  void bind_text(int parameter, std::string_view value) override {
    // A null pointer would bind NULL.
    const char* data = value.data() ? value.data() : "";
    check(sqlite3_bind_text64(statement_, parameter, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
  }

  bool step() override {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) throw_error(db_);
    return code == SQLITE_ROW;
  }
  std::int64_t affected() const override { return sqlite3_changes64(db_); }

  int columns() const override { return sqlite3_column_count(statement_); }
  bool is_null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t as_int(int column) const override { return sqlite3_column_int64(statement_, column); }
  double as_real(int column) const override { return sqlite3_column_double(statement_, column); }
  std::string_view as_text(int column) const override {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return text ? std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
                : std::string_view();
  }

  void reset() noexcept override {
    // Its code repeats the error of the last step, which was thrown then.
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  void check(int code) const {
    if (code != SQLITE_OK) throw_error(db_);
  }

  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
};

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};

class SqliteSession final : public Session {
 public:
  SqliteSession(std::unique_ptr<sqlite3, Close> db, const base::Clock& clock) : db_(std::move(db)), clock_(clock) {}

  const Dialect& dialect() const override { return kDialect; }
  base::Time now() override { return clock_.wall_now(); }

  Statement& prepare(std::string_view sql) override {
    return statements_.take(sql, [&] { return std::make_unique<SqliteStatement>(db_.get(), sql); });
  }

  void execute_script(std::string_view sql) override {
    if (sqlite3_exec(db_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      throw_error(db_.get());
  }

  bool take_lock(std::string_view, std::chrono::seconds) override { return true; }

  void begin(Access access) override {
    // A deferred transaction that reads and then writes would fail at once, whatever the busy timeout.
    run(access == Access::write ? "BEGIN IMMEDIATE" : "BEGIN");
  }
  void commit() override { run("COMMIT"); }
  void rollback() noexcept override {
    // SQLite may have rolled back by itself, after a full disk for example.
    if (sqlite3_get_autocommit(db_.get()) == 0)
      usable_ = sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK;
  }
  bool usable() const override { return usable_; }

 private:
  std::unique_ptr<sqlite3, Close> db_;
  const base::Clock& clock_;
  /// After db_, so that they are finalised before it is closed.
  StatementCache statements_;
  bool usable_ = true;
};

void set_up(Session& session) {
  session.execute_script(
      fmt::format("PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON;"
                  "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384",
                  kBusyTimeoutMs));
  // Two that change the mode at the same time are told BUSY without waiting.
  for (int attempt = 1;; ++attempt) {
    try {
      return session.execute_script("PRAGMA journal_mode = WAL");
    } catch (const Error& error) {
      wait_or_throw(error, attempt);
    }
  }
}

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
  throw base::UsageError(fmt::format("database 'sqlite:{}': {}", path, why));
}

}  // namespace

std::unique_ptr<Session> open_sqlite(const std::string& path, const base::Clock& clock) {
  if (path.empty() || path == ":memory:") refuse(path, "give the path of a file, as in sqlite:vacancy.db");
  const auto directory = std::filesystem::absolute(path).parent_path();
  std::error_code ignored;
  if (!std::filesystem::is_directory(directory, ignored))
    refuse(path, fmt::format("the directory '{}' does not exist; create it first", directory.string()));
  if (std::filesystem::is_directory(path, ignored)) refuse(path, "this is a directory; give the path of a file in it");

  sqlite3* raw = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &raw, kFlags, nullptr);
  std::unique_ptr<sqlite3, Close> db(raw);
  if (code != SQLITE_OK) refuse(path, fmt::format("cannot be opened or created ({})", sqlite3_errstr(code)));
  if (sqlite3_db_readonly(raw, "main") == 1) refuse(path, "the file is read-only; allow this user to write it");

  auto session = std::make_unique<SqliteSession>(std::move(db), clock);
  try {
    set_up(*session);
  } catch (const Error&) {
    const int why = sqlite3_extended_errcode(raw) & 0xFF;
    if (why == SQLITE_NOTADB) refuse(path, "the file is not a SQLite database");
    if (why == SQLITE_READONLY || why == SQLITE_CANTOPEN)
      refuse(path, "SQLite needs to write into the file's directory too; allow this user to do so");
    throw;
  }
  return session;
}

}  // namespace sql
