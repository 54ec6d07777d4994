#pragma once

#include <memory>
#include <string>

#include "store/migrate.hpp"
#include "store/store.hpp"

namespace store {

struct Opened {
  std::unique_ptr<Store> store;
  /// Neither schema nor profiles were there before.
  bool was_new = false;
};

/// Opens the database that `url` names (sql/open.hpp) with up to `connections` connections and brings it to this
/// program's schema. `clock` must outlive the store. Throws base::UsageError and base::Lost.
Opened open_store(const std::string& url, std::size_t connections, const base::Clock& clock,
                  FirstContent content = FirstContent::nothing);

}  // namespace store
