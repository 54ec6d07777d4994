#include "sql/sqlite_log.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "sql/sqlite_client.hpp"
#include "sql/sqlite_files.hpp"

namespace sql {
namespace {

/// Nobody can write while this waits for readers.
constexpr int kPatienceMs = 200;

/// The bytes of PATH-shm that readers lock (SQLite's "WAL-Index Format").
constexpr std::uint64_t kFirstReadMark = 123, kLastReadMark = 127;

std::string name_of(pid_t process) {
  std::ifstream file(fmt::format("/proc/{}/comm", process));
  std::string name;
  std::getline(file, name);
  return name.empty() ? fmt::format("process {}", process) : fmt::format("process {} ({})", process, name);
}

}  // namespace

std::uintmax_t log_bytes(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path + "-wal", error);
  return error ? 0 : bytes;
}

bool empty_log(const std::string& path) {
  const auto db = connect_sqlite(path, SQLITE_OPEN_READWRITE);
  sqlite3_busy_timeout(db.get(), kPatienceMs);
  // Before it has read the file, SQLite does not know that there is a log.
  execute_sqlite(db.get(), "SELECT COUNT(*) FROM sqlite_schema");
  const int code = sqlite3_wal_checkpoint_v2(db.get(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK && code != SQLITE_BUSY) throw_sqlite_error(db.get());
  return code == SQLITE_OK;
}

std::vector<std::string> log_readers(const std::string& path) {
  const auto id = file_id(path + "-shm");
  std::set<pid_t> processes;
  // "1: POSIX  ADVISORY  READ 4711 fe:01:1234 124 124"; of locks that are waited for, "->" stands in front.
  std::ifstream locks("/proc/locks");
  for (std::string line; id && std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, way, mode, file;
    pid_t process = 0;
    std::uint64_t first = 0;
    if (!(words >> number >> kind >> way >> mode >> process >> file >> first) || mode != "READ") continue;
    if (!file.ends_with(fmt::format(":{}", id->inode)) || first < kFirstReadMark || first > kLastReadMark) continue;
    if (process > 0 && process != getpid()) processes.insert(process);
  }
  std::vector<std::string> names;
  for (const pid_t process : processes) names.push_back(name_of(process));
  return names;
}

}  // namespace sql
