#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <string>

namespace http {

/// How long, and for how many bytes, an answered connection is read before it is closed.
inline constexpr std::chrono::seconds kLongestLingering{1};
inline constexpr std::size_t kMostLingered = 1 << 20;

/// Closes the sending side, and reads on for a second at most: closing a socket with unread data would reset the
/// connection, and its client would lose the answer.
boost::asio::awaitable<void> linger(boost::beast::tcp_stream& stream);

/// Sends `answer` on a connection for which there is no room, and lingers. Its descriptor is held for that long.
boost::asio::awaitable<void> refuse(boost::asio::ip::tcp::socket socket, std::string answer);

/// As above without waiting: a client that is still sending may lose the answer.
void refuse_at_once(boost::asio::ip::tcp::socket socket, const std::string& answer);

}  // namespace http
