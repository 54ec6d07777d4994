#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// SQLite's write-ahead log, the file PATH-wal. SQLite empties it after some thousand pages, unless a program goes on
/// reading an older state: then it grows with each write.
namespace sql {

/// Its size; 0 when there is none.
std::uintmax_t log_bytes(const std::string& path);

/// Writes the log into the database at `path` and empties it. False when a reading program prevents that. Waits for a
/// moment, in which nobody else can write. Throws as sql::open() does.
bool empty_log(const std::string& path);

/// The other programs that read the database at `path` now, such as "process 4711 (sqlite3)", as far as the kernel
/// tells.
std::vector<std::string> log_readers(const std::string& path);

}  // namespace sql
