#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "http/deadlines.hpp"
#include "http/poller.hpp"

namespace http {

/// A connected socket of one core. Reading and writing never wait: who must, waits for the socket afterwards. Its owner
/// is told when it may read or write, or a coroutine, which wait() suspends. Used on the poller's thread.
class Channel : public Deadline, private Pollee {
 public:
  /// `poller` outlives it.
  Channel(boost::asio::ip::tcp::socket socket, Poller& poller);
  virtual ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// The bytes that have come, or nothing for now; 0 bytes: the connection has ended.
  std::optional<std::size_t> read(std::span<char> into);
  /// Writes what the socket takes of `parts`; nothing: the connection has ended.
  std::optional<std::size_t> write(std::span<const boost::asio::const_buffer> parts);
  bool has_unread_bytes() const;
  void shut_down_writing();

  /// Waits until the socket can be read (EPOLLIN) or written (EPOLLOUT). False: the deadline has come, or close().
  boost::asio::awaitable<bool> wait(std::uint32_t event);

  /// `on_gone` is called once: when the peer has closed the connection or its sending side, or by close(). Reads
  /// nothing: bytes that come meanwhile, such as a next request, stay in the socket.
  void watch(std::function<void()> on_gone);
  void unwatch();
  /// While it is watched.
  bool gone() const { return gone_; }

  /// Closes the socket. Whoever waits is told.
  void close();
  /// Destroys the coroutine that waits, after the end of its context.
  void abandon() { resume_ = nullptr; }
  bool closed() const { return socket_ < 0; }

  /// The owner is told of these events; 0: of none.
  void expect(std::uint32_t events);

  void overdue() final;

 protected:
  /// One of the expected events has come.
  virtual void on_ready() = 0;
  /// The deadline has come while no coroutine waits.
  virtual void on_overdue() = 0;

 private:
  void happened(std::uint32_t events) final;
  void listen_to(std::uint32_t events);
  void resume(bool ready);
  void tell();

  int socket_;
  Poller& poller_;
  /// Events that the poller tells of.
  std::uint32_t told_of_ = 0;
  /// Events that the owner, or the coroutine that waits, wants.
  std::uint32_t wanted_ = 0;
  /// Continues the coroutine that waits.
  std::move_only_function<void(bool)> resume_;
  std::function<void()> on_gone_;
  bool watched_ = false;
  bool gone_ = false;
};

}  // namespace http
