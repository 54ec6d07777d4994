#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <optional>
#include <string>

#include "http/channel.hpp"
#include "http/exchange.hpp"

namespace http {

/// Reads the body of a request. `received` are the bytes that came after its head; those of the next request are left
/// there. The channel's deadline is the caller's.
class BodyReader {
 public:
  /// The answer to a body that cannot be read; nothing when the client is gone, or too slow to get it.
  using Failure = std::optional<Reply>;

  /// All outlive it.
  BodyReader(Channel& channel, std::string& received, const Exchange& exchange)
      : channel_(channel), received_(received), exchange_(exchange) {}

  /// The error in the received part of an unwanted body: other bytes must not be taken for one.
  std::optional<Reply> look() const;

  /// Reads a body of `most` bytes at most.
  boost::asio::awaitable<std::expected<std::string, Failure>> read(std::size_t most);

 private:
  boost::asio::awaitable<bool> more();
  boost::asio::awaitable<std::expected<std::string, Failure>> read_length(std::size_t length);
  boost::asio::awaitable<std::expected<std::string, Failure>> read_chunks(std::size_t most);

  Channel& channel_;
  std::string& received_;
  const Exchange& exchange_;
};

/// 413.
Reply body_too_large(std::size_t most);

}  // namespace http
