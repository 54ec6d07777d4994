#pragma once

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <list>

#include "base/fault.hpp"
#include "base/metrics.hpp"
#include "base/recent.hpp"
#include "http/router.hpp"
#include "http/server.hpp"

namespace http {

class Session;

/// The state that the sessions of one server share on one core. Touched on that core only, except for the counters.
struct SessionHost {
  const Router& router;
  const ServerOptions& options;
  std::size_t core;
  /// Sessions of the whole server; one takes itself off when it ends, unless it gave way.
  std::atomic<std::size_t>& sessions_open;
  /// Of the whole server: bytes of bodies under way.
  std::atomic<std::size_t>& body_bytes;
  /// Of the whole server: requests whose answer needs something that is not reachable.
  base::Fault& losing;
  prometheus::Gauge& connections;
  prometheus::Histogram& seconds;
  /// By the first digit of the status, less one.
  std::array<prometheus::Counter*, 5> requests;
  /// Requests, answered or not, and connections that were refused.
  base::RecentCount offered{};
  std::list<Session*> sessions{};
  /// Sessions that wait for a request, the longest first.
  std::list<Session*> idle{};
  /// Each answer says that its connection ends.
  bool ending = false;
  bool draining = false;
};

/// Serves one connection until it ends. It is counted in `sessions_open` already. `host` outlives it.
boost::asio::awaitable<void> run_session(boost::asio::ip::tcp::socket socket, SessionHost& host);

/// Closes a connection that waits for a request, the longest first, and the caller takes it off `sessions_open`. False
/// when there is none.
bool close_longest_idle(SessionHost& host);

/// From now on sessions end after an answer.
void end_sessions_when_answered(SessionHost& host);
/// Ends the idle sessions, and the others after their current answer.
void drain_sessions(SessionHost& host);
/// Closes every connection at once.
void close_sessions(SessionHost& host);

}  // namespace http
