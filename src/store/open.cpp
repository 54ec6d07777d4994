#include "store/open.hpp"

#include "sql/sqlite.hpp"
#include "store/sql_store.hpp"
#include "store/world.hpp"

namespace store {
namespace {

/// A migration may have to rewrite large tables.
constexpr std::chrono::hours kMigrationTimeout{1};

/// Opens sessions of the database that is at `location` now.
OpenSession sessions_of(const sql::Location& location, const base::Clock& clock) {
  return [same = sql::pinned(location), &clock] { return sql::open(same, clock); };
}

}  // namespace

Opened open_store(const sql::Location& location, std::size_t connections, const base::Clock& clock,
                  FirstContent content) {
  Opened opened;
  open_store(opened, location, connections, clock, content);
  return opened;
}

void open_store(Opened& opened, const sql::Location& location, std::size_t connections, const base::Clock& clock,
                FirstContent content) {
  opened.store.reset();
  if (const auto path = sql::sqlite_path(location.url)) sql::check_sqlite(*path);
  sql::Location patient = location;
  patient.statement_timeout = kMigrationTimeout;
  migrate(*sql::open(patient, clock), content, opened.was_new);
  opened.store = open_migrated(connections, sessions_of(location, clock), clock);
}

std::unique_ptr<Store> open_further(const sql::Location& location, std::size_t connections, const base::Clock& clock) {
  return std::make_unique<SqlStore>(std::make_unique<sql::Pool>(connections, sessions_of(location, clock)), clock);
}

std::unique_ptr<Store> open_migrated(std::size_t connections, OpenSession open, const base::Clock& clock) {
  auto pool = std::make_unique<sql::Pool>(connections, std::move(open));
  sql::transact(*pool, sql::Access::write, [](sql::Transaction& tx) { open_gap(*tx); });
  return std::make_unique<SqlStore>(std::move(pool), clock);
}

}  // namespace store
