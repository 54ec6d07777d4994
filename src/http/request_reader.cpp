#include "http/request_reader.hpp"

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/chunked.hpp"
#include "http/request_head.hpp"

namespace http {
namespace asio = boost::asio;
using boost::system::error_code;
namespace {

constexpr std::size_t kReadBytes = 4096;

Reply invalid(std::string_view why) {
  return problem(400, why);
}

}  // namespace

Reply body_too_large(std::size_t most) {
  return problem(413, fmt::format("the body is larger than {} bytes", most));
}

std::string_view RequestReader::received() const {
  return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
}

asio::awaitable<std::size_t> RequestReader::read_some(error_code& error) {
  const std::size_t room = std::min(kReadBytes, buffer_.max_size() - buffer_.size());
  const std::size_t count =
      co_await stream_.async_read_some(buffer_.prepare(room), asio::redirect_error(asio::use_awaitable, error));
  buffer_.commit(count);
  co_return count;
}

asio::awaitable<std::expected<const RequestReader::Message*, RequestReader::Failure>> RequestReader::read_head() {
  HeadScanner scanner;
  std::size_t size = 0;
  for (;;) {
    // Empty lines before a request (RFC 9112, section 2.2).
    while (received().starts_with("\r\n")) buffer_.consume(2);
    if (received() != "\r") size = scanner.look(received());
    if (scanner.wrong()) co_return std::unexpected(problem(scanner.wrong()->status, scanner.wrong()->why));
    if (size > 0) break;
    error_code error;
    if (co_await read_some(error) == 0 || error) co_return std::unexpected(std::nullopt);
  }
  // A later version of HTTP/1 is read as the latest that is known (RFC 9110, section 2.5).
  char* const minor = static_cast<char*>(buffer_.data().data()) + received().find('\r') - 1;
  *minor = std::min(*minor, '1');
  parser_.emplace();
  parser_->header_limit(kMaxHeaderBytes + 1);
  parser_->body_limit(boost::none);
  error_code error;
  const std::size_t used = parser_->put(asio::const_buffer(buffer_.data().data(), size), error);
  if (error || !parser_->is_header_done()) co_return std::unexpected(invalid("this is not a valid HTTP/1.1 request"));
  buffer_.consume(used);
  body_left_ = !parser_->is_done();
  co_return &parser_->get();
}

std::optional<std::uint64_t> RequestReader::body_length() const {
  const auto length = parser_->content_length();
  return length && !parser_->chunked() ? std::optional<std::uint64_t>(*length) : std::nullopt;
}

std::optional<Reply> RequestReader::look_at_body() const {
  if (!parser_->chunked()) return std::nullopt;
  ChunkedBody chunks(buffer_.max_size());
  chunks.take(received());
  if (chunks.state() != ChunkedBody::State::wrong) return std::nullopt;
  return invalid("the body is not in valid chunks");
}

asio::awaitable<std::expected<std::string, RequestReader::Failure>> RequestReader::read_body(std::size_t most) {
  const auto length = body_length();
  if (length && *length > most) co_return std::unexpected(body_too_large(most));
  auto body = length ? co_await read_length(static_cast<std::size_t>(*length)) : co_await read_chunks(most);
  if (body) body_left_ = false;
  co_return body;
}

asio::awaitable<std::expected<std::string, RequestReader::Failure>> RequestReader::read_length(std::size_t length) {
  std::string body;
  for (;;) {
    const std::size_t count = std::min(length - body.size(), buffer_.size());
    body += received().substr(0, count);
    buffer_.consume(count);
    if (body.size() == length) co_return body;
    error_code error;
    if (co_await read_some(error) == 0 || error) co_return std::unexpected(std::nullopt);
  }
}

asio::awaitable<std::expected<std::string, RequestReader::Failure>> RequestReader::read_chunks(std::size_t most) {
  ChunkedBody chunks(most);
  for (;;) {
    buffer_.consume(chunks.take(received()));
    if (chunks.state() == ChunkedBody::State::done) co_return std::move(chunks.body());
    if (chunks.state() == ChunkedBody::State::too_large) co_return std::unexpected(body_too_large(most));
    if (chunks.state() == ChunkedBody::State::wrong)
      co_return std::unexpected(invalid("the body is not in valid chunks"));
    error_code error;
    if (co_await read_some(error) == 0 || error) co_return std::unexpected(std::nullopt);
  }
}

}  // namespace http
