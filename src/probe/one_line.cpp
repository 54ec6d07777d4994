#include "probe/one_line.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace probe {
namespace {

constexpr char32_t kLineSeparator = 0x2028, kParagraphSeparator = 0x2029;

}  // namespace

std::size_t invisible_bytes(std::string_view text) {
  const base::Character first = base::first_character(text);
  return base::is_invisible(first.code) ? first.bytes : 0;
}

std::string one_line(std::string_view text, std::size_t most) {
  // Cut first: what a source sends may be long.
  const std::string_view cut = base::trim(text).substr(0, 4 * most);
  std::string seen;
  for (std::string_view rest = cut; !rest.empty();) {
    const auto [code, length] = base::first_character(rest);
    const std::size_t bytes = std::max<std::size_t>(length, 1);
    if (code == kLineSeparator || code == kParagraphSeparator)
      seen += ' ';
    else if (!base::is_invisible(code))
      seen += rest.substr(0, bytes);
    rest.remove_prefix(bytes);
  }
  std::string line;
  for (const char c : base::to_utf8(seen)) {
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!blank || !line.ends_with(' ')) line += blank ? ' ' : c;
  }
  // Not within a character.
  std::size_t end = std::min(line.size(), most);
  while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  return std::string(base::trim(std::string_view(line).substr(0, end)));
}

}  // namespace probe
