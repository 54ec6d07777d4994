#pragma once

#include <optional>
#include <string>

#include "sql/open.hpp"

/// The files of a SQLite database, looked at by their names only: a process that opens and closes one of them ends the
/// locks that SQLite has in it.
namespace sql {

/// The file that `path` leads to; nothing when there is none.
std::optional<FileId> file_id(const std::string& path);

/// The three files of a database in use, as they were when a session opened them. Writes after one of them was deleted,
/// moved or replaced are lost at the next start.
class SqliteFiles {
 public:
  /// `path` is the user's name of the database.
  explicit SqliteFiles(std::string path);

  FileId id() const { return *main_; }
  /// A sentence about a file that is gone, with what to do; "" while all are there.
  std::string problem() const;

 private:
  std::string path_;
  std::optional<FileId> main_, wal_, shm_;
};

/// The sentence for a database at `path` that is another file than at the start, with what to do.
std::string moved_sentence(const std::string& path);

/// Makes a database where `path` leads to none, whole or not at all, also when other processes do the same. Throws
/// base::UsageError when it cannot be made, or when one seems to be lost there.
void make_sqlite_file(const std::string& path);

}  // namespace sql
