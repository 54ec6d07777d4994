#include "config/scalar.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.hpp"
#include "core/condition.hpp"

namespace config {
namespace {

/// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
struct Suffix {
  std::string_view name;
  double factor;
};
constexpr std::array<Suffix, 10> kSuffixes{{{"", 1},
                                            {"m", 1e-3},
                                            {"k", 1e3},
                                            {"M", 1e6},
                                            {"G", 1e9},
                                            {"T", 1e12},
                                            {"Ki", 1 << 10},
                                            {"Mi", 1 << 20},
                                            {"Gi", 1 << 30},
                                            {"Ti", static_cast<double>(1LL << 40)}}};
/// Of memory, each 1024 times the one before.
constexpr std::string_view kBinary = "KMGT";
/// A double holds every whole number up to here.
constexpr double kMostMilli = static_cast<double>(1LL << 53);

template <class T>
base::Result<void> assign_number(T& out, std::string_view text) {
  const auto value = base::number_of<T>(text);
  if (!value)
    return base::fail(base::Errc::invalid, fmt::format("'{}' is not a whole number from 0 to {}; write one in digits",
                                                       text, std::numeric_limits<T>::max()));
  out = *value;
  return {};
}

}  // namespace

base::Result<std::size_t> index_of(std::string_view text, std::span<const std::string_view> names) {
  const auto found = std::ranges::find(names, text);
  if (found == names.end())
    return base::fail(base::Errc::invalid, fmt::format("'{}' is unknown{}", text, suggestion(text, names)));
  return static_cast<std::size_t>(found - names.begin());
}

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

base::Result<void> assign(double& out, std::string_view text) {
  const auto value = base::number_of<double>(text);
  if (!value || !std::isfinite(*value))
    return base::fail(base::Errc::invalid, fmt::format("'{}' is not a number; write one such as 8 or 0.25", text));
  out = *value;
  return {};
}

base::Result<void> assign(Budget& out, std::string_view text) {
  const auto slash = text.find('/');
  Budget budget;
  const bool read = slash != std::string_view::npos && assign(budget.calls, base::trim(text.substr(0, slash))) &&
                    assign(budget.window, base::trim(text.substr(slash + 1)));
  if (!read || budget.calls == 0 || budget.window < std::chrono::milliseconds(1))
    return base::fail(base::Errc::invalid,
                      fmt::format("'{}' is not a number of calls in a time; write one such as 60/1h", text));
  out = budget;
  return {};
}

base::Result<void> assign(Bytes& out, std::string_view text) {
  const auto unit = text.empty() ? std::string_view::npos : kBinary.find(text.back());
  const int shift = unit == std::string_view::npos ? 0 : 10 * (static_cast<int>(unit) + 1);
  const auto count = base::number_of<std::uint64_t>(shift == 0 ? text : text.substr(0, text.size() - 1));
  if (!count || *count > std::numeric_limits<std::uint64_t>::max() >> shift)
    return base::fail(base::Errc::invalid, fmt::format("'{}' is not an amount of memory; write one such as 4G", text));
  out.count = *count << shift;
  return {};
}

base::Result<void> assign(Quantity& out, std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, ec] = std::from_chars(text.data(), end, value);
  const auto suffix = std::ranges::find(kSuffixes, std::string_view(stop, end), &Suffix::name);
  const double milli = suffix == kSuffixes.end() ? -1 : std::ceil(value * suffix->factor * 1000);
  if (ec != std::errc{} || !(milli >= 0 && milli <= kMostMilli))
    return base::fail(base::Errc::invalid,
                      fmt::format("'{}' is not a quantity; write a number such as 40, 0.8, 800m or 2k", text));
  out.milli = static_cast<std::int64_t>(milli);
  return {};
}

base::Result<void> assign(core::Level& out, std::string_view text) {
  const auto level = core::parse_at_least(text);
  if (!level) return base::fail(base::Errc::invalid, fmt::format("'{}' is not a level; use LOW, MEDIUM or HIGH", text));
  out = *level;
  return {};
}

std::string to_text(const std::string& value) {
  return value;
}
std::string to_text(std::uint16_t value) {
  return std::to_string(value);
}
std::string to_text(std::uint64_t value) {
  return std::to_string(value);
}
std::string to_text(base::Duration value) {
  return base::to_string(value);
}
std::string to_text(double value) {
  return fmt::format("{}", value);
}
std::string to_text(Budget value) {
  return fmt::format("{}/{}", value.calls, base::to_string(value.window));
}

std::string to_text(Bytes value) {
  std::size_t unit = 0;
  while (value.count != 0 && value.count % 1024 == 0 && unit < kBinary.size()) {
    value.count /= 1024;
    ++unit;
  }
  return unit == 0 ? std::to_string(value.count) : fmt::format("{}{}", value.count, kBinary[unit - 1]);
}

std::string to_text(Quantity value) {
  return value.milli % 1000 == 0 ? std::to_string(value.milli / 1000) : fmt::format("{}m", value.milli);
}

std::string to_text(core::Level value) {
  return std::string(core::to_string(value));
}

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
  if (const auto near = base::nearest(word, known); !near.empty()) return fmt::format("; did you mean {}?", near);
  return fmt::format("; use one of {}", fmt::join(known, ", "));
}

}  // namespace config
