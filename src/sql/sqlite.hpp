#pragma once

#include <memory>
#include <string>

#include "sql/open.hpp"

namespace sql {

/// Opens the SQLite file at `path`. With `file` it must be that one; without, it is made where there is none. The
/// database's clock is `clock`'s wall clock: all processes that use one file run on one machine. Throws
/// base::UsageError when the file cannot be a database, and sql::Error (lost) when it is not `file`.
std::unique_ptr<Session> open_sqlite(const std::string& path, std::optional<FileId> file, const base::Clock& clock);

/// The time that a start spends on the search for damage. Enough for some 100,000 profiles.
inline constexpr std::chrono::seconds kCheckPatience{5};

/// The damage in the file at `path`, as far as `patience` allows to check; "" for none. Throws base::UsageError when
/// there is no database, and sql::Error when it cannot be read now.
std::string damage_of_sqlite(const std::string& path, base::Duration patience);

/// Checks the file at `path`, if there is one, as far as `patience` allows. Throws base::UsageError, which says what to
/// do, when it is damaged, and sql::Error when it cannot be read now.
void check_sqlite(const std::string& path, base::Duration patience = kCheckPatience);

}  // namespace sql
