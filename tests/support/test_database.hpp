#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "sql/open.hpp"

namespace support {

/// An empty database for one test, gone at its end.
class TestDatabase {
 public:
  virtual ~TestDatabase() = default;
  virtual sql::Location location() const = 0;
  /// A session for which the database's clock is `clock`, which must outlive it.
  virtual std::unique_ptr<sql::Session> open(const base::Clock& clock) const = 0;
};

struct DatabaseKind {
  std::string name;
  std::function<std::unique_ptr<TestDatabase>()> make;
  /// Why this machine has none; "" when it has.
  std::function<std::string()> missing;
};

inline void PrintTo(const DatabaseKind& kind, std::ostream* out) {
  *out << kind.name;
}

/// SQLite, MariaDB and MySQL.
const std::vector<DatabaseKind>& database_kinds();

}  // namespace support
