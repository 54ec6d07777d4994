#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <expected>
#include <optional>
#include <string>

#include "http/message.hpp"

namespace http {

/// Reads the requests of one connection, one after the other. On the thread of its stream, whose timer is the
/// caller's.
class RequestReader {
 public:
  using Message = boost::beast::http::request<boost::beast::http::empty_body>;
  /// The answer to a request that cannot be read; nothing when the client is gone, or too slow to get it.
  using Failure = std::optional<Reply>;

  /// `stream` outlives it.
  explicit RequestReader(boost::beast::tcp_stream& stream) : stream_(stream) {}

  /// Has some of the next request come already?
  bool has_bytes() const { return buffer_.size() > 0; }

  /// Waits for bytes; says how many.
  boost::asio::awaitable<std::size_t> read_some(boost::system::error_code& error);

  /// Reads a head, which is valid until the next is read.
  boost::asio::awaitable<std::expected<const Message*, Failure>> read_head();

  /// The unread body of the head that was read, with its size if that is known.
  bool has_body() const { return body_left_; }
  std::optional<std::uint64_t> body_length() const;

  /// The error in the received part of an unwanted body: other bytes must not be taken for one.
  std::optional<Reply> look_at_body() const;

  /// Reads a body of `most` bytes at most.
  boost::asio::awaitable<std::expected<std::string, Failure>> read_body(std::size_t most);

 private:
  std::string_view received() const;
  boost::asio::awaitable<std::expected<std::string, Failure>> read_length(std::size_t length);
  boost::asio::awaitable<std::expected<std::string, Failure>> read_chunks(std::size_t most);

  boost::beast::tcp_stream& stream_;
  /// Of what has arrived and was not parsed yet.
  boost::beast::flat_buffer buffer_{std::size_t{32} * 1024};
  std::optional<boost::beast::http::request_parser<boost::beast::http::empty_body>> parser_;
  bool body_left_ = false;
};

/// 413.
Reply body_too_large(std::size_t most);

}  // namespace http
