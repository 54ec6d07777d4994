#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

#include "base/task_group.hpp"
#include "board/board.hpp"
#include "http/router.hpp"
#include "refresh/refresher.hpp"
#include "store/caller.hpp"
#include "store/profiles.hpp"

namespace hardware {

/// GET /hardware/probes: what each probe measures, what is left of its budgets, and how it last failed. POST
/// /hardware/probes/test: runs one probe now, for a person to look at. Both want the bearer token. Called on every
/// core; the references outlive it.
class ProbesApi {
 public:
  /// `background` is the thread of `refresher`.
  ProbesApi(refresh::Refresher& refresher, store::Profiles& store, store::Caller& database, board::Board& board,
            boost::asio::any_io_executor background, std::string token);

  void add_routes(http::Router& router);

  /// Returns when no test runs. On the background thread, after the refresher was stopped.
  boost::asio::awaitable<void> wait() { return tests_.wait(); }

 private:
  struct Test;

  boost::asio::awaitable<http::Reply> list(const http::Request& request);
  boost::asio::awaitable<http::Reply> test(const http::Request& request);
  boost::asio::awaitable<void> run(core::Profile profile, std::shared_ptr<Test> test);
  boost::asio::awaitable<base::Result<std::string>> measure(core::Profile profile);

  refresh::Refresher& refresher_;
  store::Profiles& store_;
  store::Caller& database_;
  board::Board& board_;
  boost::asio::any_io_executor background_;
  std::string token_;
  /// On the background thread.
  base::TaskGroup tests_;
};

}  // namespace hardware
