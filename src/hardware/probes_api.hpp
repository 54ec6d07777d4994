#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>

#include "board/board.hpp"
#include "hardware/long_work.hpp"
#include "http/message.hpp"
#include "refresh/refresher.hpp"
#include "store/caller.hpp"
#include "store/profiles.hpp"

namespace hardware {

/// The probes, for those with the token. Called on every core; the references outlive it.
class ProbesApi {
 public:
  /// `background` is the thread of `refresher`.
  ProbesApi(refresh::Refresher& refresher, store::Profiles& store, store::Caller& database, board::Board& board,
            boost::asio::any_io_executor background);

  /// GET /hardware/probes: each probe with its profiles, the rest of its budgets, and its last failure.
  boost::asio::awaitable<http::Reply> list(const http::Request& request);
  /// POST /hardware/probes/test: runs one probe now, for a person to look at.
  boost::asio::awaitable<http::Reply> test(const http::Request& request);
  /// A provider and a name, however they are escaped.
  static constexpr std::size_t kMostTestBytes = 16 * 1024;

  /// Returns when no test runs. On the background thread, after the refresher was stopped.
  boost::asio::awaitable<void> wait() { return tests_.wait(); }

 private:
  boost::asio::awaitable<std::string> statuses();
  boost::asio::awaitable<base::Result<std::string>> measure(core::Profile profile);

  refresh::Refresher& refresher_;
  store::Profiles& store_;
  store::Caller& database_;
  board::Board& board_;
  boost::asio::any_io_executor background_;
  LongWork tests_;
};

}  // namespace hardware
