#include "store/open.hpp"

#include "sql/open.hpp"
#include "store/sql_store.hpp"

namespace store {

Opened open_store(const std::string& url, std::size_t connections, const base::Clock& clock, FirstContent content) {
  auto pool = std::make_unique<sql::Pool>(connections, [url, &clock] { return sql::open(url, clock); });
  const bool was_new = migrate(*pool, content);
  return {std::make_unique<SqlStore>(std::move(pool)), was_new};
}

}  // namespace store
