#pragma once

#include <memory>
#include <string>

#include "sql/session.hpp"

namespace sql {

/// Opens or creates the SQLite file at `path`. The database's clock is `clock`'s wall clock: all processes that use
/// one file run on one machine. Throws base::UsageError when the file cannot be what it must be.
std::unique_ptr<Session> open_sqlite(const std::string& path, const base::Clock& clock);

}  // namespace sql
