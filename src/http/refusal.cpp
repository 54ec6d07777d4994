#include "http/refusal.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace http {
namespace asio = boost::asio;
using asio::redirect_error;
using asio::use_awaitable;
using boost::system::error_code;
asio::awaitable<void> linger(boost::beast::tcp_stream& stream) {
  error_code error;
  stream.socket().shutdown(asio::socket_base::shutdown_send, error);
  stream.expires_after(kLongestLingering);
  std::array<char, 4096> sink{};
  for (std::size_t dropped = 0; !error && dropped < kMostLingered;)
    dropped += co_await stream.async_read_some(asio::buffer(sink), redirect_error(use_awaitable, error));
}

asio::awaitable<void> refuse(asio::ip::tcp::socket socket, std::string answer) {
  boost::beast::tcp_stream stream(std::move(socket));
  stream.expires_after(kLongestLingering);
  error_code error;
  co_await asio::async_write(stream, asio::buffer(answer), redirect_error(use_awaitable, error));
  if (!error) co_await linger(stream);
}

void refuse_at_once(asio::ip::tcp::socket socket, const std::string& answer) {
  // Few bytes for a new socket: they fit into its buffer.
  (void)::send(socket.native_handle(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  std::array<char, 4096> sink{};
  (void)::recv(socket.native_handle(), sink.data(), sink.size(), MSG_DONTWAIT);
  error_code ignored;
  socket.shutdown(asio::socket_base::shutdown_both, ignored);
}

}  // namespace http
