#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>

#include "base/offload.hpp"
#include "board/board.hpp"
#include "http/router.hpp"
#include "refresh/refresher.hpp"
#include "store/store.hpp"

namespace hardware {

/// GET /hardware/probes: what each probe measures, what is left of its budgets, and how it last failed. POST
/// /hardware/probes/test: runs one probe now, for a person to look at. Both want the bearer token. Called on every
/// core; the references outlive it.
class ProbesApi {
 public:
  /// `background` is the thread of `refresher`.
  ProbesApi(refresh::Refresher& refresher, store::Store& store, base::OffloadPool& database, board::Board& board,
            boost::asio::any_io_executor background, std::string token);

  void add_routes(http::Router& router);

 private:
  boost::asio::awaitable<http::Reply> list(const http::Request& request);
  boost::asio::awaitable<http::Reply> test(const http::Request& request);

  refresh::Refresher& refresher_;
  store::Store& store_;
  base::OffloadPool& database_;
  board::Board& board_;
  boost::asio::any_io_executor background_;
  std::string token_;
};

}  // namespace hardware
