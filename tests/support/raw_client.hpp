#pragma once

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <string>
#include <string_view>

#include "support/eventually.hpp"

namespace support {

/// A client that sends exactly the bytes it is given, and blocks. A read ends after kPatience whatever happens.
class RawClient {
 public:
  /// With `room`, the system takes no more than about so many bytes that were not read.
  explicit RawClient(std::uint16_t port, int room = 0) : socket_(context_) {
    socket_.open(boost::asio::ip::tcp::v4());
    if (room > 0) socket_.set_option(boost::asio::socket_base::receive_buffer_size(room));
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    const timeval longest{.tv_sec = kPatience.count(), .tv_usec = 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  }

  void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
  void close() { socket_.close(); }
  /// Closes the sending side alone.
  void end() { socket_.shutdown(boost::asio::socket_base::shutdown_send); }
  /// Closes without a word to what is under way: the other side gets a reset.
  void reset() {
    socket_.set_option(boost::asio::socket_base::linger(true, 0));
    socket_.close();
  }

  /// Everything up to and with `end`; shorter when the connection ends first.
  std::string read_until(std::string_view end) {
    std::size_t searched = 0;
    for (;;) {
      const auto at = received_.find(end, searched);
      if (at != std::string::npos) return take(at + end.size());
      searched = received_.size() - std::min(received_.size(), end.size());
      if (!receive()) return take(received_.size());
    }
  }

  /// One answer with a Content-Length: head and body.
  std::string read_answer() {
    std::string answer = read_until("\r\n\r\n");
    constexpr std::string_view kLength = "Content-Length: ";
    const auto at = answer.find(kLength);
    const std::size_t length = at == std::string::npos ? 0 : std::stoul(answer.substr(at + kLength.size()));
    while (received_.size() < length && receive()) {
    }
    return answer + take(std::min(length, received_.size()));
  }

  /// Everything until the other side closes.
  std::string read_all() {
    while (receive()) {
    }
    return take(received_.size());
  }

  /// Did the other side close? False when it does not within kPatience.
  bool closed() {
    while (receive()) {
    }
    return !silent_;
  }

 private:
  bool receive() {
    char bytes[65536];
    ssize_t count = 0;
    // The end of a child process interrupts a read that has a timeout.
    do count = ::recv(socket_.native_handle(), bytes, sizeof bytes, 0);
    while (count < 0 && errno == EINTR);
    silent_ = count < 0 && errno == EAGAIN;
    if (count > 0) received_.append(bytes, static_cast<std::size_t>(count));
    return count > 0;
  }

  std::string take(std::size_t count) {
    std::string taken = received_.substr(0, count);
    received_.erase(0, count);
    return taken;
  }

  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_;
  std::string received_;
  bool silent_ = false;
};

}  // namespace support
