#include "sql/sqlite_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "base/error.hpp"
#include "sql/error.hpp"
#include "sql/sqlite_client.hpp"
#include "sql/sqlite_files.hpp"

namespace sql {
namespace {

/// How long a program that writes may keep a copy waiting.
constexpr std::chrono::seconds kLockPatience{30};
constexpr std::chrono::milliseconds kLockPoll{20};

/// The bytes on which SQLite's locks are (its file format, "The Lock-Byte Page").
constexpr off_t kLockBytes = 0x4000'0000;
constexpr off_t kLockBytesSize = 512;

/// A descriptor of a file or directory that this process has not opened with SQLite.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

void sync(const std::string& path) {
  const Descriptor file(path, O_RDONLY);
  if (file.number() < 0 || fsync(file.number()) != 0)
    throw Error(ErrorKind::lost, fmt::format("cannot write '{}' to the disk: {}", path, std::strerror(errno)));
}

void sync_with_directory(const std::string& path) {
  sync(path);
  sync(std::filesystem::absolute(path).parent_path().string());
}

void copy_pages(sqlite3* from, sqlite3* to) {
  const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
  sqlite3_backup* backup = sqlite3_backup_init(to, "main", from, "main");
  if (backup == nullptr) throw_sqlite_error(to);
  int code = SQLITE_OK;
  // All pages in one step are the pages of one moment.
  while ((code = sqlite3_backup_step(backup, -1)) == SQLITE_BUSY || code == SQLITE_LOCKED) {
    if (std::chrono::steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(kLockPoll);
  }
  if (sqlite3_backup_finish(backup) != SQLITE_OK || code != SQLITE_DONE) throw_sqlite_error(to);
}

/// Can the old database be overwritten by a transaction? Throws when it can, but not now.
bool overwrite(const std::string& from, const std::string& path) {
  if (!file_id(path) || std::filesystem::file_size(path) == 0) return false;
  const auto source = connect_sqlite(from, SQLITE_OPEN_READONLY);
  const auto target = connect_sqlite(path, SQLITE_OPEN_READWRITE);
  wait_for_locks(target.get());
  try {
    execute_sqlite(target.get(), "PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL");
    copy_pages(source.get(), target.get());
    return true;
  } catch (const Error&) {
    switch (sqlite3_errcode(target.get()) & 0xFF) {
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB:
      case SQLITE_READONLY:  // pages of another size, among other reasons
        return false;
      default:
        throw;
    }
  }
}

void exchange(const std::string& from, const std::string& path) {
  const Descriptor old(path, O_RDWR);
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = kLockBytes;
  lock.l_len = kLockBytesSize;
  if (old.number() >= 0 && fcntl(old.number(), F_OFD_SETLK, &lock) != 0)
    refuse_sqlite(path, "the file is damaged and a program has it open; stop that program first");
  for (const char* suffix : {"-wal", "-shm"}) unlink((path + suffix).c_str());
  if (rename(from.c_str(), path.c_str()) != 0)
    refuse_sqlite(path, fmt::format("cannot be replaced ({})", std::strerror(errno)));
}

}  // namespace

ScratchFile::~ScratchFile() {
  for (const char* suffix : {"", "-wal", "-shm"}) unlink((path_ + suffix).c_str());
}

void copy_sqlite(const std::string& path, const std::string& to) {
  if (!file_id(path)) refuse_sqlite(path, "there is no such file");
  if (file_id(to)) throw base::UsageError(fmt::format("'{}' is there already; give another name", to));
  try {
    const auto source = connect_sqlite(path, SQLITE_OPEN_READWRITE);
    wait_for_locks(source.get());
    const auto target = connect_sqlite(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    copy_pages(source.get(), target.get());
    execute_sqlite(target.get(), "PRAGMA journal_mode = DELETE");
  } catch (...) {
    unlink(to.c_str());
    throw;
  }
  sync_with_directory(to);
}

void replace_sqlite(const std::string& from, const std::string& path) {
  if (overwrite(from, path))
    unlink(from.c_str());
  else
    exchange(from, path);
  sync_with_directory(path);
}

}  // namespace sql
