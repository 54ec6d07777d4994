#include "sql/open.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "sql/sqlite.hpp"

namespace sql {

std::unique_ptr<Session> open(std::string_view url, const base::Clock& clock) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (!url.starts_with(kSqlite)) {
    // A URL of another database may hold a password, which belongs into no log.
    const auto scheme = url.substr(0, std::min(url.find(':'), url.size()));
    throw base::UsageError(fmt::format("database '{}:…' is not supported; use sqlite:PATH", scheme));
  }
  return open_sqlite(std::string(url.substr(kSqlite.size())), clock);
}

}  // namespace sql
