#pragma once

#include <string>
#include <vector>

#include "sql/open.hpp"

namespace store {

/// One thing about a database that was looked at.
struct Looked {
  std::string topic;
  std::string text;
  /// What to do before the program can work with it; "" when it is as it must be.
  std::string remedy{};
};

/// Throws base::UsageError with what must be changed first when the tables that are there, or the server's binary log,
/// are not fit for transactions. Changes nothing. A few reads.
void require_fit(sql::Session& session);

/// All that a start or a migration needs of the database: version, schema, tables, binary log, rights, defaults of
/// sessions, clock, damage. Changes nothing, and makes no database. Throws as sql::open() does.
std::vector<Looked> examine(const sql::Location& location, const base::Clock& clock);

}  // namespace store
