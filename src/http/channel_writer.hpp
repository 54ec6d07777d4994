#pragma once

#include <boost/asio/awaitable.hpp>
#include <string_view>
#include <vector>

#include "http/channel.hpp"
#include "http/session_host.hpp"

namespace http {

/// Writes an answer for which a coroutine waits. Each piece has the whole write timeout.
class ChannelWriter final : public StreamWriter {
 public:
  /// Both outlive it. `chunked`: what write() gets becomes chunks.
  ChannelWriter(Channel& channel, SessionHost& host, bool chunked)
      : channel_(channel), host_(host), chunked_(chunked) {}

  /// False: the client is gone, or does not take it in time.
  boost::asio::awaitable<bool> send(std::vector<boost::asio::const_buffer> parts);
  /// Sends `head` and `body`, of which `sent` bytes are sent already, in pieces.
  boost::asio::awaitable<bool> send(std::string_view head, std::string_view body, std::size_t sent);
  /// Sends all that `stream` writes, and the end.
  boost::asio::awaitable<bool> send(const Stream& stream);

  boost::asio::awaitable<bool> write(std::vector<Text> parts) override;
  void watch(std::function<void()> on_gone) override { channel_.watch(std::move(on_gone)); }
  void unwatch() override { channel_.unwatch(); }
  bool gone() const override { return lost_ || channel_.closed() || channel_.gone(); }

 private:
  /// A client that takes all at once must not keep the core from others. False: the connection has ended.
  boost::asio::awaitable<bool> let_others();

  Channel& channel_;
  SessionHost& host_;
  const bool chunked_;
  bool lost_ = false;
};

}  // namespace http
