#include "portal/number_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "portal/picture.hpp"
#include "portal/row_data.hpp"

namespace portal {
namespace {

using core::Bucket;

constexpr int kHeight = 120;
/// The inner picture is stretched from this width to that of the window.
constexpr double kWidth = 1000;

double rounded(double value) {
  return std::round(10 * value) / 10;
}

/// Where things are.
struct Places {
  const NumberChart& chart;
  NumberAxis axis;

  double x(base::Time time) const {
    return rounded(kWidth * static_cast<double>((time - chart.from).count()) /
                   static_cast<double>((chart.to - chart.from).count()));
  }
  double y(double value) const { return rounded(kHeight * (axis.most - value) / (axis.most - axis.least)); }
  double width(const Bucket& bucket) const {
    return rounded(x(std::min(bucket.begin + chart.width, chart.to)) - x(bucket.begin));
  }
};

std::string band(const Places& places) {
  std::string path;
  for (const Bucket& bucket : places.chart.buckets) {
    const double width = places.width(bucket), top = places.y(bucket.most);
    path += fmt::format("M{} {}h{}v{}h-{}z", places.x(bucket.begin), top, width, rounded(places.y(bucket.least) - top),
                        width);
  }
  return path;
}

/// The longest time from a bucket to the next that is no gap. A source may be asked less often than there are buckets,
/// so it is somewhat more than half of all take.
base::Duration longest_step(std::span<const Bucket> buckets) {
  if (buckets.size() < 2) return base::Duration{0};
  std::vector<base::Duration> steps;
  for (std::size_t i = 1; i < buckets.size(); ++i) steps.push_back(buckets[i].begin - buckets[i - 1].begin);
  const auto usual = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::ranges::nth_element(steps, usual);
  return *usual * 3 / 2;
}

/// The line of the means, and a dot for each that stays alone.
struct Line {
  std::string line;
  std::string dots;
};

Line line_of(const Places& places) {
  const std::span<const Bucket> buckets = places.chart.buckets;
  const base::Duration longest = longest_step(buckets);
  const auto joined = [&](std::size_t i) {  // with the one before
    return i > 0 && i < buckets.size() && buckets[i].begin - buckets[i - 1].begin <= longest;
  };
  Line all;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const double x = rounded(places.x(buckets[i].begin) + places.width(buckets[i]) / 2),
                 y = places.y(buckets[i].mean());
    if (joined(i) || joined(i + 1))
      all.line += fmt::format("{}{} {}", joined(i) ? 'L' : 'M', x, y);
    else
      all.dots += fmt::format("M{} {}h0", x, y);
  }
  return all;
}

void append_tooltip(std::string& svg, const Places& places, const Bucket& bucket) {
  fmt::format_to(
      std::back_inserter(svg),
      R"(<rect class="hit" x="{}" width="{}" height="{}"><title>{} on average, {} to {}, in {} {} from {} UTC, {}</title></rect>)",
      places.x(bucket.begin), places.width(bucket), kHeight, mean_text(bucket), number_text(bucket.least),
      number_text(bucket.most), bucket.count, bucket.count == 1 ? "reading" : "readings", time_text(bucket.begin),
      duration_text(places.chart.width));
}

}  // namespace

double rounded_mean(const Bucket& bucket) {
  const double mean = bucket.mean();
  if (mean == 0) return 0;
  const double unit = std::pow(10, std::floor(std::log10(std::abs(mean))) - 3);
  return std::round(mean / unit) * unit;
}

std::string mean_text(const Bucket& bucket) {
  return number_text(rounded_mean(bucket));
}

std::string number_chart(const NumberChart& chart) {
  const auto least = std::ranges::min(chart.buckets, {}, &Bucket::least).least;
  const auto most = std::ranges::max(chart.buckets, {}, &Bucket::most).most;
  const Places places{chart, number_axis(least, most, chart.whole)};
  const TimeScale scale(chart.from, chart.to);
  std::string svg = fmt::format(
      R"(<svg class="chart numbers" role="img" aria-label="{} from {} to {} UTC: from {} to {}">)",
      escaped(chart.title), time_text(chart.from), time_text(chart.to), number_text(least), number_text(most));
  const NumberAxis& axis = places.axis;
  for (int i = 0; axis.least + i * axis.step <= axis.most + axis.step / 2; ++i) {
    const double value = axis.least + i * axis.step;
    svg +=
        fmt::format(R"(<line class="grid" x2="100%" y1="{0}" y2="{0}"/><text class="left" x="-8" y="{1}">{2}</text>)",
                    places.y(value), places.y(value) + 4, number_text(value));
  }
  append_time_axis(svg, scale, kHeight);
  const auto [line, dots] = line_of(places);
  svg += fmt::format(
      R"(<svg viewBox="0 0 {} {}" preserveAspectRatio="none" width="100%" height="{}"><path class="band" d="{}"/>)"
      R"(<path class="mean" d="{}"/><path class="mean dots" d="{}"/>)",
      kWidth, kHeight, kHeight, band(places), line, dots);
  for (const Bucket& bucket : chart.buckets) append_tooltip(svg, places, bucket);
  return svg + "</svg></svg>";
}

std::vector<Bucket> merged(std::span<const Bucket> buckets, base::Duration width) {
  std::vector<Bucket> all;
  for (const Bucket& bucket : buckets) {
    const base::Time begin{bucket.begin.time_since_epoch() / width * width};
    if (all.empty() || all.back().begin != begin) {
      all.push_back(bucket);
      all.back().begin = begin;
      continue;
    }
    Bucket& sum = all.back();
    sum.count += bucket.count;
    sum.least = std::min(sum.least, bucket.least);
    sum.most = std::max(sum.most, bucket.most);
    sum.sum += bucket.sum;
  }
  return all;
}

}  // namespace portal
