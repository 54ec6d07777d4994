#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

namespace http {

/// Watches a connection for its client's end while an answer is made or streamed. Reads nothing: bytes that a client
/// sends meanwhile, such as its next request, stay in the socket. Used on the socket's executor; `socket` outlives it.
class EndWatch {
 public:
  explicit EndWatch(boost::asio::ip::tcp::socket& socket) : socket_(socket), timer_(socket.get_executor()) {}
  EndWatch(const EndWatch&) = delete;
  EndWatch& operator=(const EndWatch&) = delete;

  /// `on_gone` is called once: when the client has closed the connection or its sending side, or by tell().
  void begin(std::function<void()> on_gone);
  /// Nothing is called from now on, gone() is false again, and the socket is free for other work.
  void end();
  /// As if the client had gone. Does nothing when nobody watches.
  void tell();

  bool gone() const { return gone_; }

 private:
  void wait();
  void look();

  boost::asio::ip::tcp::socket& socket_;
  boost::asio::steady_timer timer_;
  std::function<void()> on_gone_;
  /// Lives from begin() to end(): handlers that come later find nobody.
  std::shared_ptr<EndWatch*> self_;
  bool gone_ = false;
};

}  // namespace http
