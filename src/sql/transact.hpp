#pragma once

#include <type_traits>

#include "sql/error.hpp"
#include "sql/pool.hpp"

namespace sql {

/// Sleeps a random while before attempt number `attempt` + 1, or throws `error` when another attempt is of no use.
void wait_or_throw(const Error& error, int attempt);

/// Runs `job(Transaction&)` in a transaction of a session of `pool`, commits, and returns its result. When the
/// database is busy or had to break a deadlock, all of it runs again, so `job` must have no other effects. After
/// `rollback()` in the job nothing is committed. Throws sql::Error.
template <class F>
std::invoke_result_t<F&, Transaction&> transact(Pool& pool, Access access, F job) {
  for (int attempt = 1;; ++attempt) {
    try {
      const auto turn = access == Access::write ? pool.writer_turn() : std::unique_lock<std::mutex>();
      const auto session = pool.acquire();
      Transaction transaction(*session, access);
      if constexpr (std::is_void_v<std::invoke_result_t<F&, Transaction&>>) {
        job(transaction);
        transaction.commit();
        return;
      } else {
        auto result = job(transaction);
        transaction.commit();
        return result;
      }
    } catch (const Error& error) {
      wait_or_throw(error, attempt);
    }
  }
}

}  // namespace sql
