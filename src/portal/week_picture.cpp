#include "portal/week_picture.hpp"

#include <fmt/format.h>

#include <cmath>

#include "portal/picture.hpp"

namespace portal {
namespace {

constexpr std::size_t kRowHeight = 18;
constexpr std::size_t kHeight = 7 * kRowHeight;

std::string tooltip(const core::HourOfWeek& hour, std::size_t index) {
  if (hour.observed().count() == 0) return fmt::format("{} UTC: never observed", hours_text(index));
  const double high = static_cast<double>(hour.high.count()) / static_cast<double>(hour.observed().count());
  return fmt::format("{} UTC: at least MEDIUM {}, HIGH {} of {} observed in {} {}", hours_text(index),
                     percent_text(hour.at_least_medium()), percent_text(high), duration_text(hour.observed()),
                     hour.weeks, hour.weeks == 1 ? "week" : "weeks");
}

void append_labels(std::string& svg) {
  for (std::size_t day = 0; day < kWeekdays.size(); ++day)
    svg += fmt::format(R"(<text class="left" x="-8" y="{}">{}</text>)", day * kRowHeight + 13, kWeekdays[day]);
  for (std::size_t hour = 0; hour < 24; hour += 3)
    svg += fmt::format(R"(<text class="below{}" x="{}%" y="{}">{:02}:00</text>)", hour % 2 == 0 ? "" : " minor",
                       static_cast<double>(hour) * 100 / 24, kHeight + 15, hour);
}

}  // namespace

std::string hours_text(std::size_t first, std::size_t count) {
  const std::size_t hour = first % 24;
  return fmt::format("{} {:02}:00–{:02}:00", kWeekdays[first / 24], hour, hour + count);
}

std::string week_picture(const core::Week& week) {
  std::string filled, unknown, cells;
  for (std::size_t i = 0; i < week.size(); ++i) {
    const std::size_t x = i % 24, y = i / 24;
    if (week[i].observed().count() > 0)
      filled += fmt::format("M{}.05 {}.95h.9v-{}h-.9z", x, y, std::round(90 * week[i].at_least_medium()) / 100);
    else
      unknown += fmt::format("M{}.3 {}.5h.4", x, y);
    cells += fmt::format(R"(<rect x="{}.05" y="{}.05" width=".9" height=".9"><title>{}</title></rect>)", x, y,
                         escaped(tooltip(week[i], i)));
  }
  std::string svg =
      R"(<svg class="chart week" role="img" aria-label="Share of the observed time at MEDIUM or HIGH, for each hour of the week, UTC">)";
  append_labels(svg);
  svg += fmt::format(R"(<svg viewBox="0 0 24 7" preserveAspectRatio="none" width="100%" height="{}"><g>{}</g>)"
                     R"(<path class="filled" d="{}"/><path class="unobserved" d="{}"/></svg></svg>)",
                     kHeight, cells, filled, unknown);
  return svg;
}

}  // namespace portal
