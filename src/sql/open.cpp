#include "sql/open.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "sql/mysql.hpp"
#include "sql/sqlite.hpp"

namespace sql {

std::unique_ptr<Session> open(const Location& location, const base::Clock& clock) {
  constexpr std::string_view kSqlite = "sqlite:";
  const std::string_view url = location.url;
  if (url.starts_with(kSqlite)) return open_sqlite(std::string(url.substr(kSqlite.size())), clock);
  if (url.starts_with(kMysqlScheme)) return open_mysql(location);
  // A URL may hold a password, which belongs into no log.
  const auto scheme = url.substr(0, std::min(url.find(':'), url.size()));
  throw base::UsageError(
      fmt::format("database '{}:…' is not supported; use sqlite:PATH or mysql://USER@HOST[:PORT]/NAME", scheme));
}

}  // namespace sql
