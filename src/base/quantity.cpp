#include "base/quantity.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/text.hpp"

namespace base {
namespace {

/// Room for 19 digits times 2^60.
__extension__ typedef unsigned __int128 Wide;  // NOLINT(modernize-use-using): GCC takes no other form

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
/// More digits are only looked at for being 0.
constexpr std::uint64_t kEnoughDigits = 1'000'000'000'000'000'000;
/// Beyond them nothing is left, or the most is reached.
constexpr int kMostTens = 100;

/// value × 10^tens, and less than one unit of its last digit more.
struct Digits {
  std::uint64_t value = 0;
  int tens = 0;
  bool more = false;
};

/// Takes "12", "12.", "1.5" or ".5" from the front.
std::optional<Digits> take_digits(std::string_view& text) {
  Digits digits;
  bool any = false;
  bool fraction = false;
  while (!text.empty()) {
    const char c = text.front();
    if (c == '.' && !fraction) {
      fraction = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      const bool fits = digits.value < kEnoughDigits;
      if (fits) digits.value = digits.value * 10 + static_cast<std::uint64_t>(c - '0');
      if (!fits && c != '0') digits.more = true;
      // Texts are short: a page of a list is at most some 2^26 bytes.
      if (fits == fraction) digits.tens += fits ? -1 : 1;
    } else {
      break;
    }
    text.remove_prefix(1);
  }
  if (!any) return std::nullopt;
  return digits;
}

struct Scale {
  int tens = 0;
  int twos = 0;
};

std::optional<Scale> scale_of(std::string_view suffix) {
  static constexpr std::pair<std::string_view, Scale> kSuffixes[] = {
      {"", {}},        {"n", {-9, 0}},  {"u", {-6, 0}},  {"m", {-3, 0}},  {"k", {3, 0}},   {"M", {6, 0}},
      {"G", {9, 0}},   {"T", {12, 0}},  {"P", {15, 0}},  {"E", {18, 0}},  {"Ki", {0, 10}}, {"Mi", {0, 20}},
      {"Gi", {0, 30}}, {"Ti", {0, 40}}, {"Pi", {0, 50}}, {"Ei", {0, 60}},
  };
  for (const auto& [name, scale] : kSuffixes)
    if (name == suffix) return scale;
  if (suffix.front() != 'e' && suffix.front() != 'E') return std::nullopt;
  suffix.remove_prefix(1);
  if (suffix.starts_with('+') && !suffix.starts_with("+-")) suffix.remove_prefix(1);
  const auto exponent = number_of<int>(suffix);
  if (!exponent) return std::nullopt;
  return Scale{std::clamp(*exponent, -kMostTens, kMostTens), 0};
}

}  // namespace

std::optional<std::int64_t> parse_quantity(std::string_view text, std::int64_t parts) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto digits = take_digits(text);
  const auto scale = digits ? scale_of(text) : std::nullopt;
  if (!scale || (negative && (digits->value > 0 || digits->more))) return std::nullopt;
  Wide number = static_cast<Wide>(digits->value) << static_cast<unsigned>(scale->twos);
  bool more = digits->more;
  int tens = digits->tens + scale->tens;
  // Digits that have no room are far behind the point, or far beyond the most.
  Wide in_parts = 0;
  for (; __builtin_mul_overflow(number, static_cast<Wide>(parts), &in_parts); ++tens) {
    more = more || number % 10 != 0;
    number /= 10;
  }
  number = in_parts;
  for (; tens > 0 && number > 0 && number <= kMost; --tens) number *= 10;
  for (; tens < 0 && number > 0; ++tens) {
    more = more || number % 10 != 0;
    number /= 10;
  }
  if (number >= kMost) return kMost;
  return static_cast<std::int64_t>(number) + (more ? 1 : 0);
}

}  // namespace base
