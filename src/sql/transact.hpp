#pragma once

#include <type_traits>

#include "sql/error.hpp"
#include "sql/pool.hpp"

namespace sql {

/// Sleeps a random while before attempt number `attempt` + 1, or throws `error` when another attempt is of no use.
void wait_or_throw(const Error& error, int attempt);

/// Runs `attempt` until it does not throw that the database is busy; then returns its result.
template <class F>
std::invoke_result_t<F&> with_retries(F attempt) {
  for (int number = 1;; ++number) {
    try {
      return attempt();
    } catch (const Error& error) {
      wait_or_throw(error, number);
    }
  }
}

/// One attempt of transact(); calls `committed()` after the commit of a change.
template <class F, class G>
std::invoke_result_t<F&, Transaction&> run_once(Session& session, Access access, F& job, G committed) {
  Transaction transaction(session, access);
  if constexpr (std::is_void_v<std::invoke_result_t<F&, Transaction&>>) {
    job(transaction);
    if (transaction.commit()) committed();
  } else {
    auto result = job(transaction);
    if (transaction.commit()) committed();
    return result;
  }
}

/// Runs `job(Transaction&)` in a transaction of `session`, commits, and returns its result. When the database is busy
/// or had to break a deadlock, all of it runs again, so `job` must have no other effects. After `rollback()` in the job
/// nothing is committed. Throws sql::Error.
template <class F>
std::invoke_result_t<F&, Transaction&> transact(Session& session, Access access, F job) {
  return with_retries([&] { return run_once(session, access, job, [] {}); });
}

/// The same in a session of `pool`, which is given back while it waits.
template <class F>
std::invoke_result_t<F&, Transaction&> transact(Pool& pool, Access access, F job) {
  return with_retries([&] {
    const auto turn = access == Access::write ? pool.writer_turn() : std::unique_lock<std::mutex>();
    const auto session = pool.acquire();
    return run_once(*session, access, job, [&] { pool.wrote(); });
  });
}

}  // namespace sql
