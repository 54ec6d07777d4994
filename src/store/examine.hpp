#pragma once

#include <string>
#include <vector>

#include "sql/open.hpp"

namespace store {

/// One result of the examination of a database.
struct Looked {
  std::string topic;
  std::string text;
  /// The remedy; "" when all is well.
  std::string remedy{};
};

/// Throws base::UsageError when existing tables, or the server's binary log, are not fit for transactions; it says what
/// to change. Changes nothing. A few reads.
void require_fit(sql::Session& session);

/// Examines all that a start or a migration needs of the database: version, schema, tables, binary log, rights,
/// defaults of sessions, clock, damage. Changes nothing, and makes no database. Throws as sql::open() does.
std::vector<Looked> examine(const sql::Location& location, const base::Clock& clock);

}  // namespace store
