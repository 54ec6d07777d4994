#include "http/body_reader.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <array>

#include "http/chunked.hpp"

namespace http {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;

Reply not_in_chunks() {
  return problem(400, "the body is not in valid chunks");
}

}  // namespace

Reply body_too_large(std::size_t most) {
  return problem(413, fmt::format("the body is larger than {} bytes", most));
}

std::optional<Reply> BodyReader::look() const {
  if (!exchange_.chunked) return std::nullopt;
  ChunkedBody chunks(kReadBytes * 2);
  chunks.take(received_);
  if (chunks.state() != ChunkedBody::State::wrong) return std::nullopt;
  return not_in_chunks();
}

asio::awaitable<std::expected<std::string, BodyReader::Failure>> BodyReader::read(std::size_t most) {
  const auto& length = exchange_.length;
  if (length && *length > most) co_return std::unexpected(body_too_large(most));
  co_return length ? co_await read_length(static_cast<std::size_t>(*length)) : co_await read_chunks(most);
}

/// Waits for bytes; false when the client is gone, or too slow.
asio::awaitable<bool> BodyReader::more() {
  std::array<char, kReadBytes> space;
  std::optional<std::size_t> count;
  while (!(count = channel_.read(space)))
    if (!co_await channel_.wait(EPOLLIN)) co_return false;
  received_.append(space.data(), *count);
  co_return *count > 0;
}

asio::awaitable<std::expected<std::string, BodyReader::Failure>> BodyReader::read_length(std::size_t length) {
  std::string body;
  for (;;) {
    const std::size_t count = std::min(length - body.size(), received_.size());
    body.append(received_, 0, count);
    received_.erase(0, count);
    if (body.size() == length) co_return body;
    if (!co_await more()) co_return std::unexpected(std::nullopt);
  }
}

asio::awaitable<std::expected<std::string, BodyReader::Failure>> BodyReader::read_chunks(std::size_t most) {
  ChunkedBody chunks(most);
  for (;;) {
    received_.erase(0, chunks.take(received_));
    if (chunks.state() == ChunkedBody::State::done) co_return std::move(chunks.body());
    if (chunks.state() == ChunkedBody::State::too_large) co_return std::unexpected(body_too_large(most));
    if (chunks.state() == ChunkedBody::State::wrong) co_return std::unexpected(not_in_chunks());
    if (!co_await more()) co_return std::unexpected(std::nullopt);
  }
}

}  // namespace http
