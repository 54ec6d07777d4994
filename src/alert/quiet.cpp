#include "alert/quiet.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace alert {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::minutes;

/// Validated hours end within a week; a clock that is set may add some.
constexpr days kLongest{8};

}  // namespace

Quiet::Quiet(std::vector<config::QuietHours> hours, base::TimeZone zone)
    : hours_(std::move(hours)), zone_(std::move(zone)) {}

bool Quiet::contains(base::Time time) const {
  const auto local = floor<minutes>(time + zone_.offset_at(time));
  const auto day = floor<days>(local);
  const unsigned weekday = std::chrono::weekday{day}.iso_encoding() - 1;
  return std::ranges::any_of(hours_, [&](const auto& hours) { return hours.contains(weekday, local - day); });
}

std::optional<base::Time> Quiet::until(base::Time time) const {
  if (hours_.empty() || !contains(time)) return std::nullopt;
  // Minute by minute, so that an hour that is there twice or not at all needs no thought.
  base::Time end = floor<minutes>(time) + minutes{1};
  while (contains(end) && end < time + kLongest) end += minutes{1};
  return end;
}

}  // namespace alert
