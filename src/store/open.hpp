#pragma once

#include <memory>

#include "sql/open.hpp"
#include "store/migrate.hpp"
#include "store/store.hpp"

namespace store {

struct Opened {
  std::unique_ptr<Store> store;
  /// The database had neither schema nor profiles before.
  bool was_new = false;
};

/// Opens the database at `location` with up to `connections` connections and brings it to this program's schema.
/// `clock` must outlive the store. Throws base::UsageError and base::Lost.
Opened open_store(const sql::Location& location, std::size_t connections, const base::Clock& clock,
                  FirstContent content = FirstContent::nothing);

/// The same for several attempts: `opened` keeps that one of them found the database new, also when it threw later.
void open_store(Opened& opened, const sql::Location& location, std::size_t connections, const base::Clock& clock,
                FirstContent content);

/// A further store on a database that open_store() has opened. Connects when it is asked something.
std::unique_ptr<Store> open_further(const sql::Location& location, std::size_t connections, const base::Clock& clock);

/// open_store() in two steps, for sessions of one's own: the schema, then the store on a migrated database.
using OpenSession = std::function<std::unique_ptr<sql::Session>()>;
std::unique_ptr<Store> open_migrated(std::size_t connections, OpenSession open, const base::Clock& clock);

}  // namespace store
