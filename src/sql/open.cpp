#include "sql/open.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "sql/mysql.hpp"
#include "sql/mysql_client.hpp"
#include "sql/sqlite.hpp"
#include "sql/sqlite_files.hpp"

namespace sql {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

}  // namespace

void check_url(std::string_view url) {
  if (url.starts_with(kSqlite)) return;
  if (url.starts_with(kMysqlScheme)) return (void)parse_mysql_url(url);
  // A URL may hold a password, which belongs into no log.
  const auto scheme = url.substr(0, std::min(url.find(':'), url.size()));
  throw base::UsageError(
      fmt::format("database '{}:…' is not supported; use sqlite:PATH or mysql://USER@HOST[:PORT]/NAME", scheme));
}

std::unique_ptr<Session> open(const Location& location, const base::Clock& clock) {
  check_url(location.url);
  if (const auto path = sqlite_path(location.url)) return open_sqlite(*path, location.file, clock);
  return open_mysql(location);
}

Location pinned(Location location) {
  if (const auto path = sqlite_path(location.url)) location.file = file_id(*path);
  return location;
}

std::optional<std::string> sqlite_path(std::string_view url) {
  if (!url.starts_with(kSqlite)) return std::nullopt;
  return std::string(url.substr(kSqlite.size()));
}

}  // namespace sql
