#pragma once

#include <optional>
#include <string>

#include "sql/open.hpp"

/// The files of a SQLite database, looked at by their names only: a process that opens and closes one of them ends the
/// locks that SQLite has in it.
namespace sql {

/// The file that `path` leads to; nothing when there is none.
std::optional<FileId> file_id(const std::string& path);

/// The three files of a database in use, as they were when a session had opened them. What is written after one of them
/// was deleted, moved or replaced is gone at the next start.
class SqliteFiles {
 public:
  /// `path` is what the user calls the database.
  explicit SqliteFiles(std::string path);

  FileId id() const { return *main_; }
  /// What happened to a file, and what to do; "" while all are there.
  std::string problem() const;

 private:
  std::string path_;
  std::optional<FileId> main_, wal_, shm_;
};

/// That the database at `path` is not the file that this program began with, and what to do.
std::string moved_sentence(const std::string& path);

/// Makes a database where `path` leads to none, whole or not at all, whoever does the same at the same time. Throws
/// base::UsageError when it cannot be made, or when one seems to be lost there.
void make_sqlite_file(const std::string& path);

}  // namespace sql
