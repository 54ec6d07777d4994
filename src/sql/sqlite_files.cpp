#include "sql/sqlite_files.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/text.hpp"
#include "sql/error.hpp"
#include "sql/sqlite_client.hpp"

namespace sql {
namespace {

/// Gives a finished database its name, unless the name is taken.
void publish(const std::string& made, const std::string& path) {
  int result = link(made.c_str(), path.c_str());
  // Not every file system has links.
  if (result != 0 && errno != EEXIST) result = rename(made.c_str(), path.c_str());
  const int error = errno;
  unlink(made.c_str());
  if (result == 0) return spdlog::info("made a new database at {}", path);
  if (!file_id(path)) refuse_sqlite(path, fmt::format("cannot be created ({})", std::strerror(error)));
}

}  // namespace

std::optional<FileId> file_id(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileId{.device = found.st_dev, .inode = found.st_ino};
}

SqliteFiles::SqliteFiles(std::string path)
    : path_(std::filesystem::absolute(path).string()),
      main_(file_id(path_)),
      wal_(file_id(path_ + "-wal")),
      shm_(file_id(path_ + "-shm")) {
  if (!main_) throw Error(ErrorKind::lost, moved_sentence(path_));
}

std::string SqliteFiles::problem() const {
  if (file_id(path_) != main_) return moved_sentence(path_);
  for (const auto& [suffix, id] : {std::pair{"-wal", wal_}, std::pair{"-shm", shm_}})
    if (id && file_id(path_ + suffix) != id) return moved_sentence(path_ + suffix);
  return "";
}

std::string moved_sentence(const std::string& path) {
  return fmt::format(
      "SQLite: '{}' was {} while this program uses it; put the file back where it was, or restart the program, which "
      "then takes what is there",
      path, file_id(path) ? "replaced by another file" : "deleted or moved");
}

void make_sqlite_file(const std::string& path) {
  if (std::filesystem::exists(path + "-wal"))
    refuse_sqlite(path,
                  fmt::format("the file is gone and '{}-wal' is still there, so a database is lost; put it back, or "
                              "a backup (vacancy restore FILE), or delete the rest for a new database",
                              path));
  const std::string made = fmt::format("{}.new-{}", path, base::random_hex(4));
  {
    const auto db = connect_sqlite(made, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    execute_sqlite(db.get(), "PRAGMA journal_mode = WAL; PRAGMA user_version = 0");
  }
  publish(made, path);
}

}  // namespace sql
