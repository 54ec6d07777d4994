#include "base/duration.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>

#include "base/text.hpp"

namespace base {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t micros;
};

constexpr std::array kUnits{
    Unit{"d", 86'400'000'000}, Unit{"h", 3'600'000'000}, Unit{"m", 60'000'000},
    Unit{"s", 1'000'000},      Unit{"ms", 1'000},        Unit{"us", 1},
};

std::unexpected<Error> not_a_duration(std::string_view text) {
  return fail(Errc::invalid,
              fmt::format("'{}' is not a duration; write a number with a unit, such as 250ms, 5s, 1m30s or 6h", text));
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration{0};
  std::int64_t total = 0;
  std::string_view rest = text;
  if (rest.empty()) return not_a_duration(text);
  while (!rest.empty()) {
    std::int64_t number = 0;
    const auto [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (ec != std::errc{} || number < 0) return not_a_duration(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const std::string_view name = rest.substr(0, rest.find_first_of("0123456789"));
    rest.remove_prefix(name.size());
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits)
      if (candidate.name == name) unit = &candidate;
    if (unit == nullptr) return not_a_duration(text);
    // Added to any time, also in nanoseconds, it stays a time.
    constexpr std::int64_t kMost = std::chrono::microseconds(std::chrono::days(3650)).count();
    if (number > (kMost - total) / unit->micros)
      return fail(Errc::invalid, fmt::format("'{}' is too long; the most is 3650d", to_utf8(text)));
    total += number * unit->micros;
  }
  return Duration{total};
}

std::string to_string(Duration duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string out;
  if (rest < 0) {
    out = "-";
    rest = -rest;
  }
  for (const Unit& unit : kUnits) {
    if (rest < unit.micros) continue;
    out += fmt::format("{}{}", rest / unit.micros, unit.name);
    rest %= unit.micros;
  }
  return out;
}

}  // namespace base
