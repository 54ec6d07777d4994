#include "sql/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "sql/sqlite_client.hpp"
#include "sql/sqlite_files.hpp"
#include "sql/sqlite_watch.hpp"
#include "sql/statement_cache.hpp"
#include "sql/transact.hpp"

namespace sql {
namespace {

constexpr Dialect kDialect{
    .name = "SQLite",
    .now = "wall_now()",
    .identity = "INTEGER PRIMARY KEY AUTOINCREMENT",
    .key = "INTEGER PRIMARY KEY",
    .exact_text = "",
    .table = "",
    .clustered = "WITHOUT ROWID",
    .mysql_only = "-- ",
    .for_update = "",
    .for_update_of_free_rows = "",
    .single_writer = true,
    .transactional_ddl = true,
};

class SqliteStatement final : public Statement {
 public:
  SqliteStatement(sqlite3* db, std::string_view sql) : db_(db) {
    const int length = static_cast<int>(sql.size());
    if (sqlite3_prepare_v3(db, sql.data(), length, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != SQLITE_OK)
      throw_sqlite_error(db);
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
    if (code != SQLITE_ROW && code != SQLITE_DONE) throw_sqlite_error(db_);
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
    if (code != SQLITE_OK) throw_sqlite_error(db_);
  }

  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
};

class SqliteSession final : public Session {
 public:
  SqliteSession(SqliteConnection db, const base::Clock& clock) : db_(std::move(db)), clock_(clock) {
    const auto now = [](sqlite3_context* context, int, sqlite3_value**) {
      const auto& session = *static_cast<const SqliteSession*>(sqlite3_user_data(context));
      sqlite3_result_int64(context, session.statement_now_.time_since_epoch().count());
    };
    if (sqlite3_create_function(db_.get(), "wall_now", 0, SQLITE_UTF8, this, now, nullptr, nullptr) != SQLITE_OK)
      throw_sqlite_error(db_.get());
  }

  ~SqliteSession() override {
    // The last one would write the log into a file that is another database now.
    if (watch_ && watch_->found()) sqlite3_db_config(db_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }

  /// From now on nothing is read or written when the files at `path` are not those of `files`, or somebody wrote to
  /// them.
  void watch(const std::string& path, SqliteFiles files) {
    path_ = std::filesystem::absolute(path).string();
    watch_ = SqliteWatch::of(files.id());
    files_ = std::move(files);
    watch_->look(db_.get(), path_);
  }

  const Dialect& dialect() const override { return kDialect; }
  base::Time now() override { return clock_.wall_now(); }

  Statement& prepare(std::string_view sql) override {
    // A transaction, or a statement that is one by itself, begins.
    if (sqlite3_get_autocommit(db_.get()) != 0) check_files();
    statement_now_ = clock_.wall_now();
    return statements_.take(sql, [&] { return std::make_unique<SqliteStatement>(db_.get(), sql); });
  }

  void execute_script(std::string_view sql) override { execute_sqlite(db_.get(), std::string(sql)); }

  bool take_lock(std::string_view, std::chrono::seconds) override { return true; }

  void begin(Access access) override {
    // A deferred transaction that reads and then writes would fail at once, whatever the busy timeout.
    run(access == Access::write ? "BEGIN IMMEDIATE" : "BEGIN");
  }
  void commit() override {
    check_files();
    run("COMMIT");
    // A checkpoint may have written into the file: the next look is to know.
    if (watch_) watch_->look(db_.get(), path_);
  }
  void rollback() noexcept override {
    // SQLite may have rolled back by itself, after a full disk for example.
    if (sqlite3_get_autocommit(db_.get()) == 0)
      usable_ = sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK;
  }
  bool usable() const override { return usable_; }

 private:
  void check_files() const {
    if (!files_) return;
    if (const std::string problem = files_->problem(); !problem.empty()) throw Error(ErrorKind::lost, problem);
    if (const std::string found = watch_->look(db_.get(), path_); !found.empty())
      throw Error(ErrorKind::lost,
                  fmt::format("SQLite: {} while this program uses it; stop the program and put a backup back: vacancy "
                              "restore FILE",
                              found));
  }

  SqliteConnection db_;
  const base::Clock& clock_;
  /// wall_now() of the latest statement, wherever it stands in its text.
  base::Time statement_now_;
  std::string path_;
  std::optional<SqliteFiles> files_;
  std::shared_ptr<SqliteWatch> watch_;
  /// After db_, so that they are finalised before it is closed.
  StatementCache statements_;
  bool usable_ = true;
};

/// A checkpoint begins when the log has so many pages of 4 KB: a page that changes often is then written to the file
/// seldom. Four times SQLite's own number gives a fifth more readings per second.
constexpr int kCheckpointPages = 4000;
/// The log is cut to this size when a checkpoint has emptied it; it must hold the pages above.
constexpr std::int64_t kLargestIdleWalBytes = 16 << 20;

void set_up(Session& session) {
  session.execute_script(
      fmt::format("PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384;"
                  "PRAGMA wal_autocheckpoint = {}; PRAGMA journal_size_limit = {}",
                  kCheckpointPages, kLargestIdleWalBytes));
  // Two that change the mode at the same time get BUSY without waiting.
  for (int attempt = 1;; ++attempt) {
    try {
      session.execute_script("PRAGMA journal_mode = WAL; SELECT COUNT(*) FROM sqlite_schema");
      return;
    } catch (const Error& error) {
      wait_or_throw(error, attempt);
    }
  }
}

std::string directory_of(const std::string& path) {
  return std::filesystem::absolute(path).parent_path().string();
}

[[noreturn]] void refuse_directory(const std::string& path) {
  refuse_sqlite(path,
                fmt::format("SQLite makes files beside it, so it needs to write into the directory '{}' too; allow "
                            "user {} to do so",
                            directory_of(path), geteuid()));
}

/// Is there a file to open? Otherwise throws what is wrong with its place.
bool is_there(const std::string& path) {
  if (path.empty() || path == ":memory:") refuse_sqlite(path, "give the path of a file, as in sqlite:vacancy.db");
  std::error_code error;
  if (!std::filesystem::is_directory(directory_of(path), error))
    refuse_sqlite(path, fmt::format("the directory '{}' does not exist; create it first", directory_of(path)));
  if (std::filesystem::is_directory(path, error))
    refuse_sqlite(path, "this is a directory; give the path of a file in it");
  const bool found = std::filesystem::exists(path, error);
  if (error) refuse_sqlite(path, fmt::format("cannot be looked at ({})", error.message()));
  if (!found && std::filesystem::is_symlink(path, error))
    refuse_sqlite(path, fmt::format("this is a link to '{}', where there is nothing; put the database there, or delete "
                                    "the link for a new database",
                                    std::filesystem::read_symlink(path, error).string()));
  if (!found) return false;
  if (std::filesystem::file_size(path, error) == 0 && !error)
    refuse_sqlite(path,
                  "the file is empty, so a database is lost, or somebody made the file; put a backup back (vacancy "
                  "restore FILE), or delete the file for a new database");
  return true;
}

/// What is wrong with the file by the first statements of a session.
[[noreturn]] void explain(const std::string& path, sqlite3* db) {
  const int why = sqlite3_extended_errcode(db) & 0xFF;
  if (why == SQLITE_NOTADB) refuse_sqlite(path, "the file is not a SQLite database");
  if (why == SQLITE_READONLY || why == SQLITE_CANTOPEN) refuse_directory(path);
  throw_sqlite_error(db);
}

/// Gives up a statement at a point in time.
struct Deadline {
  std::chrono::steady_clock::time_point end;
  static int passed(void* self) {
    return std::chrono::steady_clock::now() >= static_cast<Deadline*>(self)->end ? 1 : 0;
  }
};

/// The first damage that SQLite's own check finds; "ok" for none, and when the time is up.
std::string first_damage(sqlite3* db, bool thorough, base::Duration patience) {
  constexpr int kStepsBetweenLooks = 10'000;
  Deadline deadline{std::chrono::steady_clock::now() + patience};
  sqlite3_progress_handler(db, kStepsBetweenLooks, &Deadline::passed, &deadline);
  std::string damage = "ok";
  const auto keep = [](void* text, int, char** columns, char**) {
    if (columns[0] != nullptr) *static_cast<std::string*>(text) = columns[0];
    return 0;
  };
  const char* check = thorough ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)";
  const int code = sqlite3_exec(db, check, keep, &damage, nullptr) & 0xFF;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) return sqlite3_errmsg(db);
  if (code != SQLITE_OK && code != SQLITE_INTERRUPT) throw_sqlite_error(db);
  return damage;
}

}  // namespace

std::unique_ptr<Session> open_sqlite(const std::string& path, std::optional<FileId> file, const base::Clock& clock) {
  if (file && file_id(path) != file) throw Error(ErrorKind::lost, moved_sentence(path));
  if (!is_there(path)) {
    if (eaccess(directory_of(path).c_str(), W_OK | X_OK) != 0 && errno != EROFS) refuse_directory(path);
    make_sqlite_file(path);
  }
  auto db = connect_sqlite(path, SQLITE_OPEN_READWRITE);
  sqlite3* const raw = db.get();
  if (sqlite3_db_readonly(raw, "main") == 1)
    refuse_sqlite(path, fmt::format("the file is read-only; allow user {} to write it", geteuid()));
  wait_for_locks(raw);
  auto session = std::make_unique<SqliteSession>(std::move(db), clock);
  try {
    set_up(*session);
  } catch (const Error&) {
    explain(path, raw);
  }
  SqliteFiles files(path);
  int moved = 0;
  sqlite3_file_control(raw, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved != 0 || (file && files.id() != *file)) throw Error(ErrorKind::lost, moved_sentence(path));
  session->watch(path, std::move(files));
  return session;
}

std::string damage_of_sqlite(const std::string& path, base::Duration patience) {
  if (!is_there(path)) return "";
  std::error_code error;
  // After a crash it holds the latest writes; a wrong file in its place mixes two databases.
  const bool crashed = std::filesystem::file_size(path + "-wal", error) > 0 && !error;
  const auto db = connect_sqlite(path, SQLITE_OPEN_READWRITE);
  wait_for_locks(db.get());
  // Otherwise the end of this connection would write what damages the file into it.
  if (crashed) sqlite3_db_config(db.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  std::string damage;
  try {
    damage = first_damage(db.get(), crashed, patience);
  } catch (const Error&) {
    explain(path, db.get());
  }
  if (damage == "ok") return "";
  std::ranges::replace(damage, '\n', ' ');
  return damage;
}

void check_sqlite(const std::string& path, base::Duration patience) {
  const std::string damage = damage_of_sqlite(path, patience);
  if (damage.empty()) return;
  refuse_sqlite(path, fmt::format("the file is damaged ({}), as by a copy that was put beside the -wal file of another "
                                  "one; put a backup back: vacancy restore FILE",
                                  damage));
}

}  // namespace sql
