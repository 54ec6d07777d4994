#include "portal/picture.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/text.hpp"

namespace portal {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// "24 Nov".
std::string day_text(base::Time time) {
  const std::chrono::year_month_day date{std::chrono::floor<days>(time)};
  return fmt::format("{} {}", static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1]);
}

/// "14:05".
std::string clock_text(base::Time time) {
  const auto minutes = std::chrono::floor<std::chrono::minutes>(time) - std::chrono::floor<days>(time);
  return fmt::format("{:02}:{:02}", minutes.count() / 60, minutes.count() % 60);
}

/// "Mon 24".
std::string weekday_text(base::Time time) {
  const auto day = std::chrono::floor<days>(time);
  return fmt::format("{} {}", kWeekdays[std::chrono::weekday(day).iso_encoding() - 1],
                     static_cast<unsigned>(std::chrono::year_month_day(day).day()));
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':  // XML has no "]]>" in a text
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string time_text(base::Time time) {
  const std::chrono::year_month_day date{std::chrono::floor<days>(time)};
  return fmt::format("{} {}, {}", day_text(time), static_cast<int>(date.year()), clock_text(time));
}

std::string duration_text(base::Duration duration) {
  struct Unit {
    std::int64_t seconds;
    std::string_view name;
  };
  constexpr Unit kUnits[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
  std::int64_t seconds = std::chrono::round<std::chrono::seconds>(duration).count();
  for (std::size_t i = 0; i < std::size(kUnits); ++i) {
    const auto& [size, name] = kUnits[i];
    if (seconds < size) continue;
    const std::int64_t rest = i + 1 < std::size(kUnits) ? seconds % size / kUnits[i + 1].seconds : 0;
    return rest == 0 ? fmt::format("{} {}", seconds / size, name)
                     : fmt::format("{} {} {} {}", seconds / size, name, rest, kUnits[i + 1].name);
  }
  return "0 s";
}

std::string percent_text(double share) {
  if (share > 0 && share < 0.01) return "<1 %";
  if (share > 0.99 && share < 1) return ">99 %";
  return fmt::format("{:.0f} %", 100 * share);
}

std::string level_text(const core::Stretch& stretch) {
  const bool stale = stretch.level != core::Level::unknown && !stretch.observed();
  return fmt::format("{}{}", core::to_string(stretch.level), stale ? " (stale)" : "");
}

std::string level_class(const core::Stretch& stretch) {
  const bool stale = stretch.level != core::Level::unknown && !stretch.observed();
  return base::lower(core::to_string(stretch.level)) + (stale ? " stale" : "");
}

double TimeScale::percent(base::Time time) const {
  return percent(time - from_);
}

double TimeScale::percent(base::Duration length) const {
  return std::round(1e5 * static_cast<double>(length.count()) / static_cast<double>(length_.count())) / 1e3;
}

std::vector<TimeTick> time_ticks(base::Time from, base::Time to) {
  const base::Duration length = to - from;
  const base::Duration step = length <= days{2} ? hours{3} : length <= days{10} ? days{1} : days{7};
  // Weeks begin on Mondays, and 1970 on a Thursday.
  const base::Time origin{step == days{7} ? days{4} : days{0}};
  // So many at most in a window, and on a phone.
  constexpr std::int64_t kMost = 8, kMostOnPhone = 3;
  const std::int64_t count = length / step;
  const std::int64_t labelled = count <= kMost ? 1 : 2;
  const std::int64_t on_phone = count <= kMostOnPhone ? 1 : 2 * labelled;
  std::vector<TimeTick> ticks;
  for (std::int64_t i = (from - origin + step - base::Duration{1}) / step; origin + i * step < to; ++i) {
    const base::Time at = origin + i * step;
    const bool midnight = std::chrono::floor<days>(at) == at;
    const std::string label = step == days{1} ? weekday_text(at) : midnight ? day_text(at) : clock_text(at);
    ticks.push_back({at, i % labelled == 0 ? label : "", i % on_phone != 0});
  }
  return ticks;
}

void append_time_axis(std::string& svg, const TimeScale& scale, int height) {
  constexpr int kBelow = 15;
  /// A label further to the right would leave a window, or a phone: there it ends at its line.
  constexpr double kLastCentred = 97, kLastOnPhone = 90;
  for (const TimeTick& tick : time_ticks(scale.from(), scale.to())) {
    const double x = scale.percent(tick.at);
    fmt::format_to(std::back_inserter(svg), R"(<line class="tick" x1="{0}%" x2="{0}%" y2="{1}"/>)", x, height + 4);
    if (tick.label.empty()) continue;
    fmt::format_to(std::back_inserter(svg), R"(<text class="{}{}" x="{}%" y="{}">{}</text>)",
                   x > kLastCentred   ? "before"
                   : x > kLastOnPhone ? "below late"
                                      : "below",
                   tick.minor ? " minor" : "", x, height + kBelow, tick.label);
  }
}

NumberAxis number_axis(double least, double most, bool whole) {
  NumberAxis axis;
  const double bottom = std::min(least, 0.0);
  const double span = std::max(std::max(most, 0.0) - bottom, whole ? 1 : 1e-9);
  const double size = std::pow(10, std::floor(std::log10(span)));
  for (const double factor : {0.25, 0.5, 1.0, 2.0, 2.5}) {
    axis.step = factor * size;
    if (span / axis.step <= 4) break;
  }
  if (whole) axis.step = std::max(std::floor(axis.step), 1.0);
  axis.least = std::floor(bottom / axis.step) * axis.step;
  axis.most = std::max(std::ceil(std::max(most, 0.0) / axis.step) * axis.step, axis.least + axis.step);
  return axis;
}

}  // namespace portal
