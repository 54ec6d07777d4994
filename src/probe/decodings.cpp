#include "probe/decodings.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace probe {
namespace {

constexpr std::string_view kHex = "0123456789abcdefABCDEF";
/// Shorter runs of digits are words.
constexpr std::size_t kShortestRun = 8;
/// As much as a tag may have between its brackets.
constexpr std::size_t kLongestTag = 64;

// --- Escapes: each reader gives what `text` begins with, and how long that is

struct Escape {
  std::string bytes;
  std::size_t length = 0;
};

Escape character(char32_t code, std::size_t length) {
  Escape escape{"", length};
  base::append_utf8(escape.bytes, code);
  return escape;
}

/// The number that the first `digits` bytes of `text` are.
std::optional<char32_t> number(std::string_view text, std::size_t digits, int base) {
  unsigned value = 0;
  text = text.substr(0, digits);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (digits == 0 || text.size() < digits || error != std::errc() || end != text.data() + digits || value > 0x10FFFF)
    return std::nullopt;
  return value;
}

/// How many of the first bytes are digits.
std::size_t count(std::string_view text, std::string_view digits, std::size_t most) {
  return std::min({text.find_first_not_of(digits), text.size(), most});
}

/// After "\u" or "%u": four digits, or two times four for a character beyond 16 bits.
Escape utf16(std::string_view text) {
  const auto first = number(text.substr(2), 4, 16);
  if (!first) return {};
  const bool high = *first >= 0xD800 && *first < 0xDC00;
  if (const auto second = high && text.size() > 8 ? number(text.substr(8), 4, 16) : std::nullopt)
    return character(0x10000 + ((*first & 0x3FFU) << 10U) + (*second & 0x3FFU), 12);
  return character(*first, 6);
}

/// \/ \n \u002f \u{2f} \U0000002f \x2f \057
Escape backslash(std::string_view text) {
  if (text.size() < 2) return {};
  const char kind = text[1];
  if (text.substr(1).starts_with("u{")) {
    const std::size_t digits = std::min(text.find('}'), text.size()) - 3;
    const auto code = number(text.substr(3), digits, 16);
    return code ? character(*code, digits + 4) : Escape{};
  }
  if (const auto code = kind == 'U' ? number(text.substr(2), 8, 16) : std::nullopt) return character(*code, 10);
  if (kind == 'u' || kind == 'U') return utf16(text);
  if (const auto code = kind == 'x' ? number(text.substr(2), 2, 16) : std::nullopt)
    return {std::string(1, static_cast<char>(*code)), 4};
  if (const std::size_t digits = count(text.substr(1), "01234567", 3); digits > 0)
    return {std::string(1, static_cast<char>(number(text.substr(1), digits, 8).value_or(0))), digits + 1};
  if (std::string_view("nrtbfv").contains(kind)) return {" ", 2};
  return std::ispunct(static_cast<unsigned char>(kind)) != 0 ? Escape{std::string(1, kind), 2} : Escape{};
}

/// %2f %u002f
Escape percent(std::string_view text) {
  if (const auto code = number(text.substr(1), 2, 16)) return {std::string(1, static_cast<char>(*code)), 3};
  return text.size() > 1 && (text[1] == 'u' || text[1] == 'U') ? utf16(text) : Escape{};
}

/// &#47; &#x2f; &sol;
Escape entity(std::string_view text) {
  if (text.substr(1).starts_with('#')) {
    const bool hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
    const std::string_view rest = text.substr(hex ? 3 : 2);
    const std::size_t digits = count(rest, hex ? kHex : kHex.substr(0, 10), rest.size());
    const auto code = number(rest, digits, hex ? 16 : 10);
    const bool closed = rest.substr(digits).starts_with(';');
    return code ? character(*code, text.size() - rest.size() + digits + (closed ? 1 : 0)) : Escape{};
  }
  // Others stand for signs and for letters beyond ASCII, of which none is looked for. These may begin an escape.
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"amp", "&"}, {"bsol", "\\"},  {"percnt", "%"}, {"num", "#"}, {"semi", ";"}, {"plus", "+"},
      {"sol", "/"}, {"lowbar", "_"}, {"equals", "="}, {"lt", "<"},  {"gt", ">"},   {"quot", "\""}};
  const std::size_t end = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 1);
  if (end < 3 || end > kLongestTag || text[end] != ';') return {};
  const std::string name = base::lower(text.substr(1, end - 1));
  const auto* known =
      std::ranges::find(kNames, std::string_view(name), &std::pair<std::string_view, std::string_view>::first);
  return {std::string(known != std::end(kNames) ? known->second : ""), end + 1};
}

Escape usual(std::string_view text) {
  switch (text.front()) {
    case '\\':
      return backslash(text);
    case '%':
      return percent(text);
    case '&':
      return entity(text);
    default:
      return {};
  }
}

/// \2f and a blank
Escape css(std::string_view text) {
  if (!text.starts_with('\\')) return {};
  const std::size_t digits = count(text.substr(1), kHex, 6);
  const auto code = number(text.substr(1), digits, 16);
  const bool blank = text.substr(1 + digits).starts_with(' ');
  return code ? character(*code, 1 + digits + (blank ? 1 : 0)) : Escape{};
}

/// =2F
Escape quoted_printable(std::string_view text) {
  if (!text.starts_with('=')) return {};
  if (text.substr(1).starts_with('\n')) return {"", 2};
  if (text.substr(1).starts_with("\r\n")) return {"", 3};
  const auto code = number(text.substr(1), 2, 16);
  return code ? Escape{std::string(1, static_cast<char>(*code)), 3} : Escape{};
}

/// <br/>
Escape tag(std::string_view text) {
  if (!text.starts_with('<')) return {};
  const auto end = text.find('>');
  return end < kLongestTag ? Escape{"", end + 1} : Escape{};
}

template <class Reader>
std::string without(Reader reader, std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto [bytes, length] = reader(text.substr(i));
    out += length > 0 ? std::string_view(bytes) : text.substr(i, 1);
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

// --- Digits

unsigned value_of(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0') + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : 64;
}

unsigned hex_value_of(char c) {
  return static_cast<unsigned>(base::hex_value(c));
}

/// Each run of digits of `bits` bits, from its digit `from` on, as bytes. Without NUL, which UTF-16 has.
template <class Value>
std::string runs(std::string_view text, std::size_t from, unsigned bits, Value value) {
  std::string out;
  const auto is_digit = [&](char c) { return value(c) < 1U << bits; };
  while (!text.empty()) {
    text.remove_prefix(static_cast<std::size_t>(std::ranges::find_if(text, is_digit) - text.begin()));
    const auto run = text.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin()));
    text.remove_prefix(run.size());
    if (run.size() < kShortestRun) continue;
    unsigned all = 0;
    unsigned left = 0;
    for (const char c : run.substr(from)) {
      all = (all << bits | value(c)) & 0xFFFFU;
      left += bits;
      if (left < 8) continue;
      left -= 8;
      if (const char byte = static_cast<char>(all >> left & 0xFFU); byte != '\0') out += byte;
    }
    out += ' ';
  }
  return out;
}

/// Hexadecimal digits, also where each pair has its own 0x, or a mark behind it: 6b:33.
std::string hex_digits(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '0' && i + 1 < text.size() && (text[i + 1] == 'x' || text[i + 1] == 'X'))
      ++i;
    else if (!std::string_view(" \t\r\n:-,;'\"\\").contains(text[i]))
      out += text[i];
  }
  return out;
}

std::string without_blanks(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](unsigned char c) { return c <= ' '; });
  return out;
}

}  // namespace

std::vector<std::string> decodings(std::string_view text) {
  std::vector<std::string> all = {without(usual, text), without(css, text), without(quoted_printable, text),
                                  without(tag, text)};
  const std::string hex = hex_digits(text);
  for (const std::size_t from : {0U, 1U}) all.push_back(runs(hex, from, 4, hex_value_of));
  const std::string dense = without_blanks(text);
  for (const std::size_t from : {0U, 1U, 2U, 3U}) all.push_back(runs(dense, from, 6, value_of));
  std::erase_if(all, [&](const std::string& one) { return one.size() < 4 || one == text; });
  return all;
}

}  // namespace probe
