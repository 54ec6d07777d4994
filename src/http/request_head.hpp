#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/message.hpp"

/// The rules of RFC 9112 for the head of a request that Beast's parser does not check. Pure.
namespace http {

inline constexpr std::uint32_t kMaxHeaderBytes = 16 * 1024;

/// An error of a request: a status and a sentence. The connection ends after it.
struct Wrong {
  int status;
  std::string_view why;
};

/// Finds the end of a head in the received bytes, and errors before it: no client should wait for the answer to bytes
/// that cannot become a request.
class HeadScanner {
 public:
  /// `received` begins with the bytes of the previous call. Returns the size of the head; 0: more bytes are needed, or
  /// wrong() has the error.
  std::size_t look(std::string_view received);

  const std::optional<Wrong>& wrong() const { return wrong_; }

 private:
  std::optional<Wrong> check_line(std::string_view line) const;

  std::optional<Wrong> wrong_;
  /// Where the line begins that has not ended yet, and how much of it was seen.
  std::size_t line_ = 0;
  std::size_t seen_ = 0;
};

/// Sections 3.2 (Host), 6.1 and 6.3 (Transfer-Encoding). `version` is 10 or 11.
std::optional<Wrong> check_head(std::span<const Header> headers, unsigned version);

/// Section 9.3: does the client want the connection to go on?
bool wants_to_stay(const Request& request, unsigned version);

/// A target in one of its four forms (section 3.2): path and query, and the host of one that has it, else "".
struct Target {
  /// "*" for the whole server.
  std::string_view path;
  std::string_view query;
  std::string_view host;
};

/// Nothing when it is none for this method.
std::optional<Target> parse_target(std::string_view method, std::string_view text);

}  // namespace http
