#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "config/scalar.hpp"

namespace config {
namespace {

using std::chrono::minutes;

constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

std::optional<unsigned> parse_day(std::string_view text) {
  const auto found = std::ranges::find_if(kDays, [&](auto day) { return base::equals_ignoring_case(day, text); });
  if (found == kDays.end()) return std::nullopt;
  return static_cast<unsigned>(found - kDays.begin());
}

/// "Mon-Fri", "Sat,Sun", "Fri-Mon,Wed".
std::optional<unsigned> parse_days(std::string_view text) {
  unsigned days = 0;
  for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(std::min(end + 1, text.size()))) {
    end = text.find(',');
    const std::string_view part = text.substr(0, end);
    const auto dash = part.find('-');
    const auto first = parse_day(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_day(part.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    for (unsigned day = *first;; day = (day + 1) % kDays.size()) {
      days |= 1U << day;
      if (day == *last) break;
    }
  }
  return days;
}

/// "07:30", up to "24:00".
std::optional<minutes> parse_time(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = base::number_of<unsigned>(text.substr(0, 2)), rest = base::number_of<unsigned>(text.substr(3));
  if (!hours || !rest || *rest > 59) return std::nullopt;
  const minutes time = std::chrono::hours{*hours} + minutes{*rest};
  return time <= QuietHours::kDay ? std::optional(time) : std::nullopt;
}

bool parse_span(QuietHours& out, std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  const auto begin = parse_time(text.substr(0, dash)), end = parse_time(text.substr(dash + 1));
  if (!begin || !end || *begin == *end || *begin == QuietHours::kDay) return false;
  out.begin = *begin;
  out.end = *end;
  return true;
}

bool parse(QuietHours& out, std::string_view text) {
  const auto blank = text.find(' ');
  const std::string_view first = text.substr(0, blank);
  if (const auto days = parse_days(first))
    out.days = *days;
  else
    return blank == std::string_view::npos && parse_span(out, text);
  return blank == std::string_view::npos || parse_span(out, base::trim(text.substr(blank)));
}

std::string to_text(minutes time) {
  return fmt::format("{:02}:{:02}", time / std::chrono::hours{1}, (time % std::chrono::hours{1}).count());
}

}  // namespace

bool QuietHours::contains(unsigned weekday, minutes since_midnight) const {
  const auto on = [this](unsigned day) { return ((days >> day) & 1U) != 0; };
  const unsigned yesterday = (weekday + kDays.size() - 1) % kDays.size();
  if (begin < end) return on(weekday) && begin <= since_midnight && since_midnight < end;
  return (on(weekday) && begin <= since_midnight) || (on(yesterday) && since_midnight < end);
}

base::Result<void> assign(QuietHours& out, std::string_view text) {
  QuietHours hours;
  if (!parse(hours, base::trim(text)))
    return base::fail(base::Errc::invalid,
                      fmt::format("'{}' are no quiet hours; write a time of the day such as 22:00-07:00, days such as "
                                  "Sat,Sun, or both: Mon-Fri 18:00-08:00",
                                  text));
  out = hours;
  return {};
}

std::string to_text(const QuietHours& value) {
  std::string days;
  for (unsigned day = 0; day < kDays.size(); ++day)
    if (((value.days >> day) & 1U) != 0) days += fmt::format("{}{}", days.empty() ? "" : ",", kDays[day]);
  const bool every_day = value.days == QuietHours::kEveryDay;
  const bool whole_day = value.begin == minutes{0} && value.end == QuietHours::kDay;
  if (whole_day) return days;
  const std::string span = fmt::format("{}-{}", to_text(value.begin), to_text(value.end));
  return every_day ? span : fmt::format("{} {}", days, span);
}

}  // namespace config
