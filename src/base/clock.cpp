#include "base/clock.hpp"

#include <fmt/format.h>

namespace base {
namespace {

class SystemClock final : public Clock {
 public:
  SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }
  Time wall_now() const override { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }
};

/// Reads exactly `digits` decimal digits at `pos` and moves past them.
std::optional<int> take_number(std::string_view text, std::size_t& pos, std::size_t digits) {
  if (pos + digits > text.size()) return std::nullopt;
  int value = 0;
  // Not from_chars, which takes a sign.
  for (const std::size_t end = pos + digits; pos < end; ++pos) {
    if (text[pos] < '0' || text[pos] > '9') return std::nullopt;
    value = 10 * value + (text[pos] - '0');
  }
  return value;
}

bool take(std::string_view text, std::size_t& pos, std::string_view any_of) {
  if (pos >= text.size() || any_of.find(text[pos]) == std::string_view::npos) return false;
  ++pos;
  return true;
}

/// The fraction after the seconds, if there is one.
std::optional<Duration> take_fraction(std::string_view text, std::size_t& pos) {
  if (!take(text, pos, ".")) return Duration{0};
  std::int64_t micros = 0;
  std::int64_t unit = 100'000;
  const std::size_t begin = pos;
  for (; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos, unit /= 10)
    micros += unit * (text[pos] - '0');
  if (pos == begin) return std::nullopt;
  return Duration{micros};
}

std::optional<Duration> take_offset(std::string_view text, std::size_t& pos) {
  if (take(text, pos, "Zz")) return Duration{0};
  if (pos >= text.size() || (text[pos] != '+' && text[pos] != '-')) return std::nullopt;
  const int sign = text[pos++] == '+' ? 1 : -1;
  const auto hours = take_number(text, pos, 2);
  if (!hours || !take(text, pos, ":")) return std::nullopt;
  const auto minutes = take_number(text, pos, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (std::chrono::hours{*hours} + std::chrono::minutes{*minutes});
}

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

void append_rfc3339(std::string& out, Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::milliseconds>(time - day)};
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                 clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::string to_rfc3339(Time time) {
  std::string out;
  append_rfc3339(out, time);
  return out;
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  std::size_t pos = 0;
  const auto year = take_number(text, pos, 4);
  if (!year || !take(text, pos, "-")) return std::nullopt;
  const auto month = take_number(text, pos, 2);
  if (!month || !take(text, pos, "-")) return std::nullopt;
  const auto day = take_number(text, pos, 2);
  if (!day || !take(text, pos, "Tt ")) return std::nullopt;
  const auto hour = take_number(text, pos, 2);
  if (!hour || !take(text, pos, ":")) return std::nullopt;
  const auto minute = take_number(text, pos, 2);
  if (!minute || !take(text, pos, ":")) return std::nullopt;
  const auto second = take_number(text, pos, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto fraction = take_fraction(text, pos);
  const auto offset = fraction ? take_offset(text, pos) : std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month(*month), std::chrono::day(*day)};
  if (!offset || pos != text.size() || !date.ok()) return std::nullopt;
  const Time time = Time{std::chrono::sys_days{date}} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
                    std::chrono::seconds{*second} + *fraction - *offset;
  // The offset may lead out of the years that can be written.
  constexpr Time kFirst{std::chrono::sys_days{std::chrono::year{0} / 1 / 1}};
  constexpr Time kEnd{std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1}};
  if (time < kFirst || time >= kEnd) return std::nullopt;
  return time;
}

}  // namespace base
