#include "sql/sqlite_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

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

/// Throws base::UsageError when the file at `path` can be no backup.
void check_backup(const std::string& path) {
  const auto refuse = [&](std::string_view why) {
    throw base::UsageError(fmt::format("'{}' {}; give a file that vacancy backup made", path, why));
  };
  std::error_code error;
  if (!std::filesystem::exists(path, error)) refuse("cannot be restored: there is no such file");
  if (!std::filesystem::is_regular_file(path, error)) refuse("is not a regular file");
  constexpr std::string_view kMagic("SQLite format 3\0", 16), kGzip = "\x1F\x8B";
  std::string head(kMagic.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(fmt::format("cannot be read ({})", std::strerror(errno)));
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  if (head.starts_with(kGzip)) refuse("is compressed (gunzip it first)");
  if (head != kMagic) refuse("is not a SQLite database");
}

bool has_bytes(const std::string& path) {
  std::error_code error;
  return std::filesystem::file_size(path, error) > 0 && !error;
}

/// Copies a database that is not written meanwhile.
void copy_with_log(const std::string& path, const std::string& to) {
  using std::filesystem::file_size, std::filesystem::last_write_time;
  constexpr int kAttempts = 5;
  const auto state = [&path] {
    std::vector<std::pair<std::uintmax_t, std::filesystem::file_time_type>> state;
    for (const char* suffix : {"", "-wal", "-journal"}) {
      std::error_code error;
      state.emplace_back(file_size(path + suffix, error), last_write_time(path + suffix, error));
    }
    return state;
  };
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto before = state();
    for (const char* suffix : {"", "-wal", "-journal"}) {
      std::error_code error;
      std::filesystem::remove(to + suffix, error);
      if (file_id(path + suffix)) std::filesystem::copy_file(path + suffix, to + suffix, error);
      if (error) throw base::UsageError(fmt::format("cannot copy '{}{}' ({})", path, suffix, error.message()));
    }
    if (state() == before) return;
  }
  throw base::UsageError(fmt::format("'{}' is in use; make a backup of it: vacancy backup FILE", path));
}

/// Opens a backup without a trace beside it.
SqliteConnection open_backup(const std::string& path, const std::string& taken) {
  const bool has_log = has_bytes(path + "-wal") || has_bytes(path + "-journal");
  if (has_log) {
    copy_with_log(path, taken);
    return connect_sqlite(taken, SQLITE_OPEN_READWRITE);
  }
  std::string url = "file:";
  for (const char c : std::filesystem::absolute(path).string())
    url +=
        std::string_view("%?#").contains(c) ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  return connect_sqlite(url + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

}  // namespace

ScratchFile::~ScratchFile() {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) unlink((path_ + suffix).c_str());
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

void take_backup(const std::string& path, const std::string& to) {
  check_backup(path);
  const auto directory = std::filesystem::absolute(to).parent_path().string();
  if (!std::filesystem::is_directory(directory))
    throw base::UsageError(fmt::format("the directory '{}' does not exist; create it first", directory));
  const ScratchFile taken(to + ".taken");
  try {
    const auto source = open_backup(path, taken.path());
    wait_for_locks(source.get());
    const auto target = connect_sqlite(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    copy_pages(source.get(), target.get());
    execute_sqlite(target.get(), "PRAGMA journal_mode = DELETE");
  } catch (const Error& error) {
    unlink(to.c_str());
    throw base::UsageError(fmt::format("cannot read the backup '{}', or write it to '{}': {}", path, to, error.what()));
  }
}

void replace_sqlite(const std::string& from, const std::string& path) {
  if (overwrite(from, path))
    unlink(from.c_str());
  else
    exchange(from, path);
  sync_with_directory(path);
}

}  // namespace sql
