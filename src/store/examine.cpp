#include "store/examine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <set>

#include "base/error.hpp"
#include "base/text.hpp"
#include "sql/error.hpp"
#include "sql/sqlite.hpp"
#include "sql/sqlite_copy.hpp"
#include "sql/sqlite_files.hpp"
#include "store/embedded.hpp"
#include "store/migrate.hpp"
#include "store/migration.hpp"

namespace store {
namespace {

using base::equals_ignoring_case;

constexpr std::string_view kOriginal = "hardware";
constexpr std::string_view kMakesFit = "ALTER TABLE {} ENGINE=InnoDB, ROW_FORMAT=DYNAMIC, KEY_BLOCK_SIZE=0;";

/// The tables that migrations make, and those that record migrations.
std::set<std::string, std::less<>> our_tables(const sql::Dialect& dialect) {
  constexpr std::string_view kBegin = "CREATE TABLE ", kIfNot = "IF NOT EXISTS ";
  std::set<std::string, std::less<>> names = {"migration", "migration_progress"};
  for (const Migration& migration : migrations_in(embedded_files()))
    for (std::string_view statement : migration.statements(dialect)) {
      if (!statement.starts_with(kBegin)) continue;
      statement.remove_prefix(kBegin.size());
      if (statement.starts_with(kIfNot)) statement.remove_prefix(kIfNot.size());
      names.emplace(statement.substr(0, statement.find(' ')));
    }
  return names;
}

/// Will the first migration still change the table of the original system, or has it done so?
bool original_is_untouched(sql::Session& session) {
  for (const char* sql :
       {"SELECT number FROM migration WHERE number = 1", "SELECT number FROM migration_progress WHERE done > 1"})
    try {
      if (session.query(sql).step()) return false;
    } catch (const sql::Error& error) {
      if (!error.is_of_statement()) throw;  // no such table yet
    }
  return true;
}

Looked examine_table(const std::string& name, const std::string& engine, const std::string& format, bool is_base,
                     bool untouched) {
  Looked one{"table " + name, fmt::format("{} {}", engine, format)};
  const bool transactional = equals_ignoring_case(engine, "InnoDB");
  const bool short_indexes = equals_ignoring_case(format, "Compact") || equals_ignoring_case(format, "Redundant");
  if (!is_base) {
    one.text = "is a view";
    one.remedy = "rename it: Vacancy needs a table of this name";
  } else if (name == kOriginal && untouched) {
    if (!transactional || short_indexes) one.text += "; the migration makes it InnoDB DYNAMIC";
  } else if (!transactional || (name == kOriginal && short_indexes)) {
    one.text += transactional ? ", whose indexes are too short" : ", which has no transactions";
    one.remedy = fmt::format(fmt::runtime(kMakesFit), name);
  }
  return one;
}

std::vector<Looked> examine_tables(sql::Session& session) {
  std::vector<Looked> seen;
  const auto ours = our_tables(session.dialect());
  const bool untouched = original_is_untouched(session);
  auto query = session.query(
      "SELECT table_name, COALESCE(engine, ''), COALESCE(row_format, ''), table_type FROM information_schema.tables"
      " WHERE table_schema = DATABASE() ORDER BY table_name");
  while (query.step())
    if (const auto name = query.get<std::string>(0); ours.contains(name))
      seen.push_back(examine_table(name, query.get<std::string>(1), query.get<std::string>(2),
                                   query.get<std::string_view>(3) == "BASE TABLE", untouched));
  return seen;
}

/// A variable of the session; "" where the server does not have it.
std::string variable(sql::Session& session, std::string_view name) {
  auto query = session.query("SHOW VARIABLES WHERE variable_name = ?", name);
  return query.step() ? query.get<std::string>(1) : "";
}

Looked examine_log(sql::Session& session) {
  if (variable(session, "log_bin") != "ON") return {"binary log", "off"};
  const std::string format = variable(session, "binlog_format");
  if (!equals_ignoring_case(format, "STATEMENT")) return {"binary log", format.empty() ? "ROW" : format};
  return {"binary log", "STATEMENT, which refuses what transactions with READ COMMITTED write",
          "SET GLOBAL binlog_format = 'ROW'; and binlog_format = ROW in the server's configuration"};
}

std::string list_of(const std::vector<Looked>& seen) {
  std::string text;
  for (const Looked& one : seen)
    if (!one.remedy.empty())
      text += fmt::format("{}{}: {}: {}", text.empty() ? "" : "\n  ", one.topic, one.text, one.remedy);
  return text;
}

/// Does the server refuse this statement for want of a right? All of them change nothing.
bool is_denied(sql::Session& session, const char* sql) {
  try {
    session.execute_script(sql);
  } catch (const sql::Error& error) {
    if (error.kind() == sql::ErrorKind::lost) throw;
    return error.kind() == sql::ErrorKind::denied;
  }
  return false;
}

Looked examine_rights(sql::Session& session, bool to_migrate) {
  struct Right {
    const char* name;
    const char* sql;
    bool of_schema = false;
  };
  constexpr Right kRights[] = {
      {"SELECT", "SELECT id FROM hardware WHERE 1 = 0"},
      {"INSERT", "INSERT INTO hardware (provider, name) SELECT provider, name FROM hardware WHERE 1 = 0"},
      {"UPDATE", "UPDATE hardware SET name = name WHERE 1 = 0"},
      {"DELETE", "DELETE FROM hardware WHERE 1 = 0"},
      {"CREATE", "CREATE TABLE vacancy_no_such_table LIKE vacancy_no_such_table_either", true},
      {"ALTER", "ALTER TABLE vacancy_no_such_table ADD COLUMN v INT", true},
      {"INDEX", "CREATE INDEX v ON vacancy_no_such_table (v)", true},
  };
  std::vector<std::string> missing;
  for (const Right& right : kRights)
    if ((to_migrate || !right.of_schema) && is_denied(session, right.sql)) missing.emplace_back(right.name);
  if (missing.empty()) return {"rights", to_migrate ? "to read, write and migrate" : "to read and write"};
  auto query = session.query("SELECT DATABASE(), CURRENT_USER()");
  query.step();
  return {"rights", fmt::format("{} missing", fmt::join(missing, ", ")),
          fmt::format("GRANT {} ON {}.* TO {};", fmt::join(missing, ", "), query.get<std::string>(0),
                      query.get<std::string>(1))};
}

Looked examine_writing(sql::Session& session) {
  for (const char* name : {"read_only", "super_read_only", "innodb_read_only"})
    if (const auto value = variable(session, name); !value.empty() && value != "OFF" && value != "0")
      return {"writing", fmt::format("{} is {}", name, value),
              "name the server that takes writes in hardware.database, or SET GLOBAL read_only = OFF;"};
  return {"writing", "allowed"};
}

/// For information only: each session sets these variables, since servers differ.
Looked examine_defaults(sql::Session& session) {
  constexpr std::pair<const char*, const char*> kUsual[] = {{"autocommit", "1"},
                                                            {"completion_type", "NO_CHAIN"},
                                                            {"sql_select_limit", "18446744073709551615"},
                                                            {"default_storage_engine", "InnoDB"},
                                                            {"init_connect", ""}};
  std::vector<std::string> unusual;
  for (const auto& [name, usual] : kUsual) {
    auto query = session.query(fmt::format("SELECT CAST(@@GLOBAL.{} AS CHAR)", name));
    query.step();
    const auto value = query.get<std::string>(0);
    if (value != usual && !(value == "ON" && std::string_view(usual) == "1"))
      unusual.push_back(fmt::format("{} = {}", name, value));
  }
  if (unusual.empty()) return {"defaults", "as usual"};
  return {"defaults", fmt::format("{}; each session sets its own", fmt::join(unusual, ", "))};
}

Looked examine_clock(sql::Session& session, const base::Clock& clock) {
  const auto ahead = std::chrono::duration<double>(session.now() - clock.wall_now()).count();
  if (std::abs(ahead) < 1) return {"clock", "as this machine's"};
  return {"clock", fmt::format("{:.0f} s {} this machine's; the database's counts", std::abs(ahead),
                               ahead > 0 ? "ahead of" : "behind")};
}

Looked examine_schema(sql::Session& session, bool& to_migrate) {
  const auto pending = pending_migrations(session);
  to_migrate = !pending.empty();
  if (!to_migrate) return {"schema", "up to date"};
  return {"schema", fmt::format("to be migrated: {}", fmt::join(pending, ", "))};
}

std::vector<Looked> examine_server(sql::Session& session, const base::Clock& clock) {
  std::vector<Looked> seen;
  auto version = session.query("SELECT VERSION()");
  version.step();
  seen.push_back({"server", version.get<std::string>(0)});
  bool to_migrate = false;
  seen.push_back(examine_schema(session, to_migrate));
  std::ranges::move(examine_tables(session), std::back_inserter(seen));
  seen.push_back(examine_log(session));
  seen.push_back(examine_rights(session, to_migrate));
  seen.push_back(examine_writing(session));
  seen.push_back(examine_defaults(session));
  seen.push_back(examine_clock(session, clock));
  return seen;
}

/// Examines a copy, since a session would make files beside the original; nothing when there is no database.
std::vector<Looked> examine_file(const std::string& path, const base::Clock& clock) {
  if (!sql::file_id(path)) return {{"file", fmt::format("there is none at {} yet; a start makes one", path)}};
  try {
    sql::check_sqlite(path);
  } catch (const base::UsageError& error) {
    return {{"file", path, error.what()}};
  }
  const sql::ScratchFile copy(
      fmt::format("{}/vacancy-{}.db", std::filesystem::temp_directory_path().string(), base::random_hex(8)));
  sql::copy_sqlite(path, copy.path());
  bool to_migrate = false;
  return {{"file", fmt::format("{}, whole", path)},
          examine_schema(*sql::open({"sqlite:" + copy.path()}, clock), to_migrate)};
}

}  // namespace

void require_fit(sql::Session& session) {
  if (session.dialect().transactional_ddl) return;
  std::vector<Looked> seen = examine_tables(session);
  seen.push_back(examine_log(session));
  if (const std::string wrong = list_of(seen); !wrong.empty())
    throw base::UsageError(fmt::format("the database is not fit for Vacancy, and nothing was changed:\n  {}", wrong));
}

std::vector<Looked> examine(const sql::Location& location, const base::Clock& clock) {
  if (const auto path = sql::sqlite_path(location.url)) return examine_file(*path, clock);
  return examine_server(*sql::open(location, clock), clock);
}

}  // namespace store
