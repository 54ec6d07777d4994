#pragma once

#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/fault.hpp"
#include "base/metrics.hpp"
#include "base/recent.hpp"
#include "http/deadlines.hpp"
#include "http/exchange.hpp"
#include "http/poller.hpp"
#include "http/router.hpp"
#include "http/server.hpp"

namespace http {

class Session;

/// The connections of a whole server. Thread-safe.
struct SessionTotals {
  /// Accepted and not closed yet.
  std::atomic<std::size_t> connections = 0;
  /// Of them, connections that are served: max_connections at most.
  std::atomic<std::size_t> sessions = 0;
  /// Bytes of bodies under way.
  std::atomic<std::size_t> body_bytes = 0;
};

/// The state that the sessions of one server share on one core. Touched on that core only, except for the counters.
struct SessionHost {
  SessionHost(boost::asio::io_context& context, std::size_t core, const Router& router, const ServerOptions& options,
              SessionTotals& totals, base::Fault& losing, base::Metrics& metrics);
  ~SessionHost();
  SessionHost(const SessionHost&) = delete;
  SessionHost& operator=(const SessionHost&) = delete;

  boost::asio::io_context& context;
  const std::size_t core;
  const Router& router;
  const ServerOptions& options;
  SessionTotals& totals;
  /// Of the whole server: requests whose answer needs something that is not reachable.
  base::Fault& losing;
  prometheus::Gauge& connections;
  prometheus::Histogram& seconds;
  /// By the first digit of the status, less one.
  std::array<prometheus::Counter*, 5> requests{};
  /// Requests, answered or not, and connections that were refused.
  base::RecentCount offered;
  Poller poller;
  /// Sessions that wait for a request, for one to arrive whole or for an answer to be taken, and for their client's
  /// end.
  DeadlineQueue idle;
  DeadlineQueue slow;
  DeadlineQueue lingering;
  std::list<std::shared_ptr<Session>> sessions;
  /// Each answer says that its connection ends.
  bool ending = false;
  bool draining = false;
  /// Used by one session after the other, each within one step: bytes just received, the head of an answer, parts.
  std::string received;
  std::string head;
  std::vector<boost::asio::const_buffer> parts;
  /// Of an earlier request, to be used again.
  std::unique_ptr<Exchange> spare;
};

}  // namespace http
