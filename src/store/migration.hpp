#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/embedded_file.hpp"
#include "sql/session.hpp"

namespace store {

/// One step of the schema: a file of db/migrations.
struct Migration {
  std::int64_t number = 0;
  base::EmbeddedFile file;

  /// May programs that do not know it go on using the database?
  bool compatible() const;
  /// Its text in the words of this database.
  std::string text(const sql::Dialect& dialect) const;
  /// The same, statement by statement.
  std::vector<std::string> statements(const sql::Dialect& dialect) const;
};

/// Those of `files` that are named NUMBER_name.sql, in the order of their numbers.
std::vector<Migration> migrations_in(std::span<const base::EmbeddedFile> files);

}  // namespace store
