#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "sql/open.hpp"
#include "sql/sqlite_client.hpp"

namespace sql {

/// Notices when a program writes into the files of a database in use without SQLite, as `cp backup.db vacancy.db` does:
/// later commits would be lost. SQLite itself writes into the file in checkpoints only, which the index of
/// the log counts (https://sqlite.org/walformat.html), and never shortens the log while something is in it. One for all
/// sessions of this process. Thread-safe.
class SqliteWatch {
 public:
  /// That of the database `id`.
  static std::shared_ptr<SqliteWatch> of(FileId id);

  /// Looks at the files that `db`, the database at `path`, has open. "" while all is well; otherwise what happened,
  /// from then on always. Costs microseconds.
  std::string look(sqlite3* db, const std::string& path);
  /// The latest result of look().
  bool found() const;

 private:
  /// How far checkpoints have come: the log's salt, and frames done and begun.
  struct Progress {
    std::array<std::uint32_t, 2> salt{};
    std::uint32_t done = 0, begun = 0;
    bool operator==(const Progress&) const = default;
  };
  struct Seen {
    Progress progress;
    /// Of the database file: its size, and when it was written last.
    std::int64_t bytes = 0, seconds = 0, nanoseconds = 0;
    bool operator==(const Seen&) const = default;
  };

  mutable std::mutex mutex_;
  std::optional<Seen> seen_;
  /// "" or what happened.
  std::string found_;
};

}  // namespace sql
