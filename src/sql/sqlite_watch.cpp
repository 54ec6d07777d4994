#include "sql/sqlite_watch.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <atomic>
#include <cstring>
#include <map>

namespace sql {
namespace {

/// The header of the log's index, which stands there twice, and the part about checkpoints behind it, as
/// https://sqlite.org/walformat.html describes them.
struct IndexHeader {
  std::array<std::uint32_t, 3> version_and_change;
  std::uint8_t is_initialised, big_endian_checksums;
  std::uint16_t page_size;
  std::uint32_t frames, pages;
  std::array<std::uint32_t, 2> frame_checksum, salt, checksum;
};
static_assert(sizeof(IndexHeader) == 48);
constexpr std::size_t kDoneAt = 96, kBegunAt = 128;
/// What SQLite maps of the index at once.
constexpr int kIndexBytes = 32 << 10;

constexpr std::int64_t kLogHeaderBytes = 32, kFrameHeaderBytes = 24;
constexpr std::int64_t kSaltAt = 16;

struct Index {
  IndexHeader header;
  std::uint32_t done, begun;
};

std::uint32_t number_at(const volatile void* memory, std::size_t at) {
  const auto* place = reinterpret_cast<const volatile std::uint32_t*>(static_cast<const volatile char*>(memory) + at);
  return *place;
}

/// Nothing while somebody writes it.
std::optional<Index> read_index(const volatile void* memory) {
  std::array<std::uint32_t, 2 * sizeof(IndexHeader) / 4> words{};
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = number_at(memory, i * 4);
  if (std::memcmp(words.data(), words.data() + words.size() / 2, sizeof(IndexHeader)) != 0) return std::nullopt;
  Index index{};
  std::memcpy(&index.header, words.data(), sizeof(IndexHeader));
  index.done = number_at(memory, kDoneAt);
  index.begun = number_at(memory, kBegunAt);
  if (index.header.is_initialised == 0) return std::nullopt;
  return index;
}

bool equal(const Index& a, const Index& b) {
  return std::memcmp(&a.header, &b.header, sizeof(IndexHeader)) == 0 && a.done == b.done && a.begun == b.begun;
}

sqlite3_file* file_of(sqlite3* db, int which) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db, "main", which, static_cast<void*>(&file));
  return file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

/// Is all in the log that its index says?
bool is_whole(sqlite3_file* log, const IndexHeader& header) {
  if (header.frames == 0) return true;
  const std::int64_t page_size = header.page_size == 1 ? 65536 : header.page_size;
  sqlite3_int64 bytes = 0;
  if (log->pMethods->xFileSize(log, &bytes) != SQLITE_OK) return true;
  if (bytes < kLogHeaderBytes + header.frames * (kFrameHeaderBytes + page_size)) return false;
  std::array<std::uint32_t, 2> salt{};
  return log->pMethods->xRead(log, salt.data(), sizeof salt, kSaltAt) != SQLITE_OK || salt == header.salt;
}

}  // namespace

std::shared_ptr<SqliteWatch> SqliteWatch::of(FileId id) {
  static std::mutex mutex;
  static std::map<std::pair<std::uint64_t, std::uint64_t>, std::weak_ptr<SqliteWatch>> all;
  const std::lock_guard lock(mutex);
  std::erase_if(all, [](const auto& one) { return one.second.expired(); });
  auto& place = all[{id.device, id.inode}];
  auto watch = place.lock();
  if (!watch) place = watch = std::make_shared<SqliteWatch>();
  return watch;
}

bool SqliteWatch::found() const {
  const std::lock_guard lock(mutex_);
  return !found_.empty();
}

std::string SqliteWatch::look(sqlite3* db, const std::string& path) {
  sqlite3_file* const main = file_of(db, SQLITE_FCNTL_FILE_POINTER);
  sqlite3_file* const log = file_of(db, SQLITE_FCNTL_JOURNAL_POINTER);
  const std::lock_guard lock(mutex_);
  if (!found_.empty() || main == nullptr || log == nullptr || main->pMethods->iVersion < 2) return found_;
  volatile void* memory = nullptr;
  if (main->pMethods->xShmMap(main, 0, kIndexBytes, 0, &memory) != SQLITE_OK || memory == nullptr) return found_;
  const auto before = read_index(memory);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  struct stat file{};
  if (!before || stat(path.c_str(), &file) != 0) return found_;
  const bool log_is_whole = is_whole(log, before->header);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const auto after = read_index(memory);
  // SQLite was at work: the next look is soon.
  if (!after || !equal(*before, *after)) return found_;
  if (!log_is_whole) return found_ = fmt::format("'{}-wal' was emptied or overwritten", path);
  if (before->done != before->begun) return found_;
  const Seen seen{.progress = {before->header.salt, before->done, before->begun},
                  .bytes = file.st_size,
                  .seconds = file.st_mtim.tv_sec,
                  .nanoseconds = file.st_mtim.tv_nsec};
  if (seen_ && seen_->progress == seen.progress && *seen_ != seen)
    found_ = fmt::format("'{}' was written by a program other than SQLite", path);
  seen_ = seen;
  return found_;
}

}  // namespace sql
