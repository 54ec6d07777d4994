#include "config/scalar.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <limits>

#include "base/text.hpp"

namespace config {
namespace {

constexpr std::array<std::string_view, 2> kWorkNames{"sleep", "cpu"};

template <class T>
base::Result<void> assign_number(T& out, std::string_view text) {
  const char* end = text.data() + text.size();
  T value = 0;
  const auto [stop, ec] = std::from_chars(text.data(), end, value);
  if (ec != std::errc{} || stop != end)
    return base::fail(base::Errc::invalid, fmt::format("'{}' is not a whole number from 0 to {}; write one in digits",
                                                       text, std::numeric_limits<T>::max()));
  out = value;
  return {};
}

}  // namespace

base::Result<void> assign(std::string& out, std::string_view text) {
  out = text;
  return {};
}

base::Result<void> assign(std::uint16_t& out, std::string_view text) {
  return assign_number(out, text);
}
base::Result<void> assign(std::uint64_t& out, std::string_view text) {
  return assign_number(out, text);
}

base::Result<void> assign(base::Duration& out, std::string_view text) {
  const auto parsed = base::parse_duration(text);
  if (!parsed) return std::unexpected(parsed.error());
  out = *parsed;
  return {};
}

base::Result<void> assign(Work& out, std::string_view text) {
  for (std::size_t i = 0; i < kWorkNames.size(); ++i) {
    if (text != kWorkNames[i]) continue;
    out = static_cast<Work>(i);
    return {};
  }
  return base::fail(base::Errc::invalid, fmt::format("'{}' is unknown{}", text, suggestion(text, kWorkNames)));
}

std::string to_text(const std::string& value) {
  return value;
}
std::string to_text(std::uint64_t value) {
  return std::to_string(value);
}
std::string to_text(base::Duration value) {
  return base::to_string(value);
}
std::string to_text(Work value) {
  return std::string(kWorkNames[static_cast<std::size_t>(value)]);
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
  if (const auto near = base::nearest(word, known); !near.empty()) return fmt::format("; did you mean {}?", near);
  return fmt::format("; use one of {}", fmt::join(known, ", "));
}

}  // namespace config
