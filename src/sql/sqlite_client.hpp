#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

/// The parts of sql/sqlite.hpp that touch SQLite's connection.
namespace sql {

struct CloseSqlite {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
using SqliteConnection = std::unique_ptr<sqlite3, CloseSqlite>;

/// Throws the error of SQLite's last call.
[[noreturn]] void throw_sqlite_error(sqlite3* db);

/// Throws base::UsageError about the database file at `path`.
[[noreturn]] void refuse_sqlite(const std::string& path, std::string_view why);

/// Opens the file at `path`, which must exist unless `flags` has SQLITE_OPEN_CREATE. Throws base::UsageError.
SqliteConnection connect_sqlite(const std::string& path, int flags);

/// Runs statements that return nothing. Throws sql::Error.
void execute_sqlite(sqlite3* db, const std::string& statements);

/// Makes SQLite wait for the locks of other processes.
void wait_for_locks(sqlite3* db);

}  // namespace sql
