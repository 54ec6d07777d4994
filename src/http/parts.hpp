#pragma once

#include <boost/asio/buffer.hpp>
#include <string_view>
#include <vector>

/// Parts of an answer on their way to a socket.
namespace http {

/// A large body is sent in pieces, each with the whole write timeout: slow clients that make progress are served.
inline constexpr std::size_t kPieceBytes = 256 * 1024;
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
inline constexpr std::string_view kLineEnd = "\r\n";

inline boost::asio::const_buffer buffer(std::string_view text) {
  return {text.data(), text.size()};
}

/// Takes `count` bytes, and parts without any, off the front.
inline void consume(std::vector<boost::asio::const_buffer>& parts, std::size_t count) {
  std::size_t whole = 0;
  while (whole < parts.size() && parts[whole].size() <= count) count -= parts[whole++].size();
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(whole));
  if (!parts.empty()) parts.front() += count;
}

}  // namespace http
