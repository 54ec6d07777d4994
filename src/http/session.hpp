#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "http/session_host.hpp"

namespace http {

/// Serves a connection until it ends. It is counted in `totals` already, and is taken off at its end. `host` outlives
/// it.
void start_session(boost::asio::ip::tcp::socket socket, SessionHost& host);

/// Closes a connection that waits for a request, the longest first. False when there is none.
bool close_longest_idle(SessionHost& host);

/// From now on sessions end after an answer.
void end_sessions_when_answered(SessionHost& host);
/// Ends the idle sessions, and the others after their current answer.
void drain_sessions(SessionHost& host);
/// Closes every connection at once.
void close_sessions(SessionHost& host);
/// After the last session: nothing runs on the host's context from now on.
void stop_host(SessionHost& host);

}  // namespace http
