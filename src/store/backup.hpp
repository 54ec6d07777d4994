#pragma once

#include <cstdint>
#include <string>

#include "sql/open.hpp"

namespace store {

/// The content of a backup.
struct Saved {
  std::int64_t profiles = 0;
  std::uintmax_t bytes = 0;
};

/// Copies the SQLite database at `location`, in use or not, into the new file `file`. Throws base::UsageError, of a
/// server with the command that does the same, and sql::Error.
Saved backup(const sql::Location& location, const std::string& file, const base::Clock& clock);

/// Makes the SQLite database at `location` what the backup `file` is, after it was checked and brought to this
/// program's schema; `file` stays as it is. Until then the database stays as it is. Throws as backup() does.
Saved restore(const sql::Location& location, const std::string& file, const base::Clock& clock);

}  // namespace store
