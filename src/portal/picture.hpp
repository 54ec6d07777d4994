#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "core/timeline.hpp"

/// What the pictures of the past have in common: SVG without inline styles, whose colours are the stylesheet's classes.
/// Positions on a time axis are shares of its width, so that a picture fits any window and its letters do not shrink.
/// Times are UTC.
namespace portal {

inline constexpr std::array<std::string_view, 7> kWeekdays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

/// Text between tags, or in an attribute with double quotes.
std::string escaped(std::string_view text);

/// "24 Nov 2026, 14:05".
std::string time_text(base::Time time);
/// "4 h 5 min", in its two largest units; "45 s".
std::string duration_text(base::Duration duration);
/// "63 %"; "<1 %" and ">99 %" of what is not quite none or all.
std::string percent_text(double share);
/// "HIGH", "HIGH (stale)", "UNKNOWN".
std::string level_text(const core::Stretch& stretch);
/// The classes of its colour and pattern: "high", "high stale", "unknown".
std::string level_class(const core::Stretch& stretch);

/// From `from` to `to`, in percent of the picture's width.
class TimeScale {
 public:
  TimeScale(base::Time from, base::Time to) : from_(from), length_(to - from) {}

  /// Whole thousandths of a percent.
  double percent(base::Time time) const;
  double percent(base::Duration length) const;
  base::Time from() const { return from_; }
  base::Time to() const { return from_ + length_; }

 private:
  base::Time from_;
  base::Duration length_;
};

/// A mark of a time axis.
struct TimeTick {
  base::Time at;
  /// "" for a line alone.
  std::string label;
  /// Its label is left out where there is little room.
  bool minor;
};

/// Hours of a day, days of a week, or Mondays.
std::vector<TimeTick> time_ticks(base::Time from, base::Time to);

/// Lines across a picture of `height` px with their labels below it.
void append_time_axis(std::string& svg, const TimeScale& scale, int height);

/// The ends and steps of an axis of numbers: round numbers in four steps or fewer, with 0 and all from `least` to
/// `most`; of `whole` ones, no fractions.
struct NumberAxis {
  double least = 0;
  double most = 1;
  double step = 1;
};
NumberAxis number_axis(double least, double most, bool whole);

}  // namespace portal
