#include "store/backup.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/text.hpp"
#include "sql/error.hpp"
#include "sql/sqlite.hpp"
#include "sql/sqlite_copy.hpp"
#include "store/migrate.hpp"

namespace store {
namespace {

std::string path_of(const sql::Location& location, std::string_view for_servers) {
  if (auto path = sql::sqlite_path(location.url)) return *path;
  throw base::UsageError(fmt::format("this database is on a server, which has a tool for that: {}", for_servers));
}

/// Throws base::UsageError when the database in `path`, which users know as `name`, is none of ours.
std::int64_t count_profiles(const std::string& path, const std::string& name, const base::Clock& clock) {
  const auto session = sql::open({"sqlite:" + path}, clock);
  try {
    session->query("SELECT epoch FROM board").step();
    auto query = session->query("SELECT COUNT(*) FROM hardware");
    query.step();
    return query.get<std::int64_t>(0);
  } catch (const sql::Error& error) {
    if (!error.is_of_statement()) throw;
    throw base::UsageError(fmt::format("'{}' is not a database of Vacancy ({})", name, error.what()));
  }
}

}  // namespace

Saved backup(const sql::Location& location, const std::string& file, const base::Clock& clock) {
  const std::string path = path_of(
      location, "mysqldump --single-transaction --result-file=backup.sql --host=HOST --user=USER --password DATABASE");
  // A session changes the file that it opens, so the backup is a copy of that.
  const sql::ScratchFile copy(fmt::format("{}.part-{}", file, base::random_hex(4)));
  sql::copy_sqlite(path, copy.path());
  const std::int64_t profiles = count_profiles(copy.path(), path, clock);
  sql::copy_sqlite(copy.path(), file);
  return {profiles, std::filesystem::file_size(file)};
}

Saved restore(const sql::Location& location, const std::string& file, const base::Clock& clock) {
  const std::string path =
      path_of(location, "mysql --host=HOST --user=USER --password DATABASE <backup.sql, while Vacancy runs or not");
  // Beside the database, so that it can take its place at once.
  const sql::ScratchFile copy(fmt::format("{}.restore-{}", path, base::random_hex(4)));
  const sql::ScratchFile whole(copy.path() + ".whole");
  sql::take_backup(file, copy.path());
  if (const std::string damage = sql::damage_of_sqlite(copy.path(), std::chrono::hours{1}); !damage.empty())
    throw base::UsageError(fmt::format("the backup '{}' is damaged ({}); take another one", file, damage));
  const Saved saved{count_profiles(copy.path(), file, clock), std::filesystem::file_size(file)};
  migrate(*sql::open({"sqlite:" + copy.path()}, clock));
  sql::copy_sqlite(copy.path(), whole.path());
  sql::replace_sqlite(whole.path(), path);
  return saved;
}

}  // namespace store
