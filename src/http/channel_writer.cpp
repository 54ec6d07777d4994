#include "http/channel_writer.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "http/parts.hpp"

namespace http {
namespace asio = boost::asio;

asio::awaitable<bool> ChannelWriter::send(std::vector<asio::const_buffer> parts) {
  if (channel_.closed()) co_return false;
  host_.slow.set(channel_, std::chrono::steady_clock::now());
  for (;;) {
    const auto count = channel_.write(parts);
    if (!count) co_return false;
    consume(parts, *count);
    if (parts.empty()) break;
    if (!co_await channel_.wait(EPOLLOUT)) co_return false;
  }
  channel_.unset();
  co_return true;
}

asio::awaitable<bool> ChannelWriter::let_others() {
  co_await asio::post(host_.context, asio::use_awaitable);
  co_return !channel_.closed();
}

asio::awaitable<bool> ChannelWriter::send(std::string_view head, std::string_view body, std::size_t sent) {
  std::vector<asio::const_buffer> parts{buffer(head.substr(std::min(sent, head.size())))};
  std::size_t at = sent - std::min(sent, head.size());
  do {
    const std::string_view piece = body.substr(at, kPieceBytes);
    at += piece.size();
    parts.push_back(buffer(piece));
    if (!co_await send(std::move(parts))) co_return false;
    parts.clear();
    if (at < body.size() && !co_await let_others()) co_return false;
  } while (at < body.size());
  co_return true;
}

asio::awaitable<bool> ChannelWriter::send(const Stream& stream) {
  try {
    co_await stream(*this);
  } catch (const std::exception& bug) {
    // Without its last chunk the client sees that the answer is not whole.
    spdlog::error("an answer ended early: {}", bug.what());
    lost_ = true;
  }
  const bool whole = !gone();
  channel_.unwatch();
  if (!whole || !chunked_) co_return whole;
  std::vector<asio::const_buffer> last(1, buffer(kLastChunk));
  co_return co_await send(std::move(last));
}

asio::awaitable<bool> ChannelWriter::write(std::vector<Text> parts) {
  std::size_t size = 0;
  for (const Text& part : parts) size += part->size();
  if (gone() || size == 0) co_return !gone();
  const std::string frame = fmt::format("{:x}\r\n", size);
  std::vector<asio::const_buffer> buffers;
  if (chunked_) buffers.push_back(buffer(frame));
  for (const Text& part : parts) buffers.push_back(buffer(*part));
  if (chunked_) buffers.push_back(buffer(kLineEnd));
  lost_ = !co_await send(std::move(buffers)) || !co_await let_others();
  co_return !gone();
}

}  // namespace http
