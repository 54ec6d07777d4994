#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace http {

/// Is this a character of a token (RFC 9110, section 5.6.2)?
bool is_token_char(char c);

/// Decodes a body in chunks (RFC 9112, section 7.1). Strict, since a proxy in front that reads the same bytes in
/// another way could take a body for a request. Extensions and trailers are checked and dropped. Not thread-safe.
class ChunkedBody {
 public:
  enum class State : std::uint8_t { more, done, wrong, too_large };

  /// A body of more than `most` bytes is too large.
  explicit ChunkedBody(std::size_t most) : most_(most) {}

  /// Takes the bytes that belong to the body, and returns how many they are: fewer than given once it is not `more`.
  std::size_t take(std::string_view bytes);

  State state() const { return state_; }
  std::string& body() { return body_; }

 private:
  enum class Part : std::uint8_t {
    size,
    blank,
    extension,
    name,
    after_name,
    value,
    token,
    quoted,
    escaped,
    after,
    line_end,
    data,
    data_end,
    data_line_end,
    trailer,
    trailer_name,
    trailer_value,
    trailer_end,
    end
  };

  void step(char c);
  void size_digit(char c);
  void extension(char c);
  void trailer(char c);
  void go(bool right, Part next);
  std::size_t take_data(std::string_view bytes);

  std::size_t most_;
  State state_ = State::more;
  Part part_ = Part::size;
  std::string body_;
  /// Bytes of the present chunk still to come.
  std::size_t left_ = 0;
  int digits_ = 0;
  /// Bytes of extensions and trailers.
  std::size_t dropped_ = 0;
};

}  // namespace http
