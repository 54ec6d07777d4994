#include "portal/timeline_picture.hpp"

#include <fmt/format.h>

#include "portal/picture.hpp"

namespace portal {
namespace {

using core::Level;
using core::Stretch;

constexpr int kHeight = 60;
/// More would be thinner than a few pixels.
constexpr std::size_t kMostStretches = 480;
/// Of the width, in percent: a change that lasted for a moment can be seen, too.
constexpr double kLeastWidth = 0.1;

/// Parts of `step`.
core::Timeline coarse(std::span<const Stretch> stretches, base::Duration step) {
  std::vector<core::Transition> parts;
  const base::Time to = stretches.back().end;
  for (base::Time begin = stretches.front().begin; begin < to; begin += step) {
    const Stretch part = core::merged(stretches, begin, begin + step);
    const std::string_view what = part.observed() ? "the lowest level of" : "for half or more of";
    parts.push_back({begin, part.level, part.freshness, fmt::format("{} each part of {}", what, duration_text(step))});
  }
  return core::timeline(parts, stretches.front().begin, to);
}

int height_of(Level level) {
  return level == Level::unknown ? kHeight : kHeight * static_cast<int>(level) / 3;
}

void append(std::string& svg, const Stretch& stretch, const TimeScale& scale) {
  const int height = height_of(stretch.level);
  fmt::format_to(
      std::back_inserter(svg),
      R"(<rect class="{}" x="{}%" y="{}" width="{}%" height="{}"><title>{} from {} to {} UTC, {}{}{}</title></rect>)",
      level_class(stretch), scale.percent(stretch.begin), kHeight - height,
      std::max(scale.percent(stretch.length()), kLeastWidth), height, level_text(stretch), time_text(stretch.begin),
      time_text(stretch.end), duration_text(stretch.length()), stretch.reason.empty() ? "" : ": ",
      escaped(stretch.reason));
}

void append_patterns(std::string& svg) {
  for (const char* level : {"high", "medium", "low", "unknown"})
    svg +=
        fmt::format(R"svg(<pattern id="hatched-{0}" class="{0}" width="6" height="6" patternUnits="userSpaceOnUse" )svg"
                    R"svg(patternTransform="rotate(45)"><path d="M0 0v6"/></pattern>)svg",
                    level);
}

}  // namespace

std::string shares_text(const core::Shares& shares) {
  std::string text;
  for (const auto& [name, level, part] : core::parts(shares))
    if (part > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, percent_text(part));
  return text;
}

std::string timeline_picture(std::span<const Stretch> stretches) {
  const TimeScale scale(stretches.front().begin, stretches.back().end);
  std::string svg =
      fmt::format(R"(<svg class="chart timeline" role="img" aria-label="Availability from {} to {} UTC: {}"><defs>)",
                  time_text(scale.from()), time_text(scale.to()), escaped(shares_text(core::shares(stretches))));
  append_patterns(svg);
  svg += "</defs>";
  for (const Level level : {Level::high, Level::medium, Level::low}) {
    const int top = kHeight - height_of(level);
    svg +=
        fmt::format(R"(<line class="grid" x2="100%" y1="{0}" y2="{0}"/><text class="left" x="-8" y="{1}">{2}</text>)",
                    top, top + 14, core::to_string(level));
  }
  append_time_axis(svg, scale, kHeight);
  const bool crowded = stretches.size() > kMostStretches;
  for (const Stretch& stretch : crowded ? coarse(stretches, (scale.to() - scale.from()) / kMostStretches)
                                        : core::Timeline(stretches.begin(), stretches.end()))
    append(svg, stretch, scale);
  return svg + "</svg>";
}

}  // namespace portal
