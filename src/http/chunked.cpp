#include "http/chunked.hpp"

#include <algorithm>
#include <limits>

#include "base/text.hpp"

namespace http {
namespace {

constexpr std::size_t kMostDropped = 16 * 1024;

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_text(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7F');
}

}  // namespace

bool is_token_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

std::size_t ChunkedBody::take(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && state_ == State::more) {
    if (part_ == Part::data)
      taken += take_data(bytes.substr(taken));
    else
      step(bytes[taken++]);
  }
  return taken;
}

std::size_t ChunkedBody::take_data(std::string_view bytes) {
  const std::size_t count = std::min(left_, bytes.size());
  body_.append(bytes.substr(0, count));
  left_ -= count;
  if (left_ == 0) part_ = Part::data_end;
  return count;
}

void ChunkedBody::go(bool right, Part next) {
  part_ = next;
  if (!right) state_ = State::wrong;
}

void ChunkedBody::step(char c) {
  switch (part_) {
    case Part::size:
      return size_digit(c);
    case Part::line_end:
      if (left_ > most_ - std::min(most_, body_.size())) state_ = State::too_large;
      return go(c == '\n', left_ > 0 ? Part::data : Part::trailer);
    case Part::data_end:
      return go(c == '\r', Part::data_line_end);
    case Part::data_line_end:
      digits_ = 0;
      return go(c == '\n', Part::size);
    case Part::end:
      state_ = c == '\n' ? State::done : State::wrong;
      return;
    default:
      break;
  }
  if (++dropped_ > kMostDropped) state_ = State::wrong;
  if (part_ >= Part::trailer)
    trailer(c);
  else
    extension(c);
}

void ChunkedBody::size_digit(char c) {
  if (const int digit = base::hex_value(c); digit >= 0) {
    if (left_ > std::numeric_limits<std::size_t>::max() >> 4) state_ = State::wrong;
    left_ = left_ * 16 + static_cast<std::size_t>(digit);
    ++digits_;
  } else if (digits_ == 0) {
    state_ = State::wrong;
  } else if (is_blank(c)) {
    part_ = Part::blank;
  } else if (c == ';') {
    part_ = Part::extension;
  } else {
    go(c == '\r', Part::line_end);
  }
}

/// *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ) CRLF
void ChunkedBody::extension(char c) {
  switch (part_) {
    case Part::blank:
      if (!is_blank(c)) go(c == ';', Part::extension);
      return;
    case Part::extension:
      if (!is_blank(c)) go(is_token_char(c), Part::name);
      return;
    case Part::value:
      if (!is_blank(c)) go(c == '"' || is_token_char(c), c == '"' ? Part::quoted : Part::token);
      return;
    case Part::quoted:
      if (c == '"' || c == '\\')
        part_ = c == '"' ? Part::after : Part::escaped;
      else
        go(is_text(c), Part::quoted);
      return;
    case Part::escaped:
      return go(is_text(c), Part::quoted);
    default:
      break;
  }
  // In or after a name or a value.
  if (is_token_char(c) && (part_ == Part::name || part_ == Part::token)) return;
  const bool named = part_ == Part::name || part_ == Part::after_name;
  if (c == '=' && named)
    part_ = Part::value;
  else if (c == ';')
    part_ = Part::extension;
  else if (c == '\r')
    part_ = Part::line_end;
  else
    go(is_blank(c), named ? Part::after_name : Part::after);
}

void ChunkedBody::trailer(char c) {
  switch (part_) {
    case Part::trailer:
      if (c == '\r')
        part_ = Part::end;
      else
        go(is_token_char(c), Part::trailer_name);
      return;
    case Part::trailer_name:
      if (c == ':')
        part_ = Part::trailer_value;
      else
        go(is_token_char(c), Part::trailer_name);
      return;
    case Part::trailer_value:
      if (c == '\r')
        part_ = Part::trailer_end;
      else
        go(is_text(c), Part::trailer_value);
      return;
    default:
      return go(c == '\n', Part::trailer);
  }
}

}  // namespace http
