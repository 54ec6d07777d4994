#include "board/held.hpp"

#include <array>
#include <charconv>

namespace board {
namespace {

using std::chrono::milliseconds;

/// So many bits that a few hundred profiles among all do not collide, and few enough for a request's head.
constexpr std::uint64_t kHashMask = (1ULL << 40) - 1;
constexpr int kBase = 36;
/// Later than any meaningful time, and small enough to add two of them.
constexpr std::int64_t kMostMillis = 1LL << 50;

void append(std::string& out, std::int64_t number) {
  std::array<char, 16> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number, kBase).ptr;
  out.append(text.data(), end);
}

/// Takes a number off the front, and `separator` when text follows.
std::optional<std::int64_t> take(std::string_view& text, char separator) {
  std::int64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number, kBase);
  if (ec != std::errc{} || number < -kMostMillis || number > kMostMillis) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.empty()) return number;
  if (text.front() != separator || text.size() == 1) return std::nullopt;
  text.remove_prefix(1);
  return number;
}

}  // namespace

std::uint64_t hash_of(const core::ProfileKey& key) {
  const std::uint64_t value = core::stable_hash(key);
  return (value ^ value >> 40) & kHashMask;
}

std::string to_text(const Held& held, base::Time now) {
  std::string out;
  if (held.empty()) return out;
  const auto from = std::chrono::floor<milliseconds>(now);
  append(out, from.time_since_epoch().count());
  for (const auto& [hash, hold] : held) {
    append(out += '.', static_cast<std::int64_t>(hash));
    append(out += '_', (from - std::chrono::ceil<milliseconds>(hold.since)).count());
    append(out += '_', (std::chrono::floor<milliseconds>(hold.until) - from).count());
  }
  return out;
}

std::optional<Held> parse_held(std::string_view text, std::size_t most) {
  Held held;
  if (text.empty()) return held;
  const auto from = take(text, '.');
  if (!from || text.empty()) return std::nullopt;
  const base::Time base{milliseconds(*from)};
  while (!text.empty()) {
    const auto hash = take(text, '_');
    const auto age = hash ? take(text, '_') : std::nullopt;
    const auto rest = age ? take(text, '.') : std::nullopt;
    if (!rest || held.size() == most) return std::nullopt;
    held[static_cast<std::uint64_t>(*hash)] = {.since = base - milliseconds(*age), .until = base + milliseconds(*rest)};
  }
  return held;
}

}  // namespace board
