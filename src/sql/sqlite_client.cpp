#include "sql/sqlite_client.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstring>

#include "base/error.hpp"
#include "sql/error.hpp"

namespace sql {
namespace {

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

/// Advice that follows SQLite's own message.
std::string_view advice(int extended_code) {
  switch (extended_code & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "; stop this program and put a backup back: vacancy restore FILE";
    default:
      return "";
  }
}

}  // namespace

void throw_sqlite_error(sqlite3* db) {
  const int code = sqlite3_extended_errcode(db);
  throw Error(kind_of(code), fmt::format("SQLite: {}{}", sqlite3_errmsg(db), advice(code)));
}

void refuse_sqlite(const std::string& path, std::string_view why) {
  throw base::UsageError(fmt::format("database 'sqlite:{}': {}", path, why));
}

SqliteConnection connect_sqlite(const std::string& path, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  SqliteConnection db(raw);
  if (code == SQLITE_OK) return db;
  const int error = sqlite3_system_errno(raw);
  refuse_sqlite(path, fmt::format("user {} cannot open or create it ({})", geteuid(),
                                  error != 0 ? std::strerror(error) : sqlite3_errstr(code)));
}

void execute_sqlite(sqlite3* db, const std::string& statements) {
  if (sqlite3_exec(db, statements.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) throw_sqlite_error(db);
}

void wait_for_locks(sqlite3* db) {
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
}

}  // namespace sql
