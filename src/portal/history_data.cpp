#include "portal/history_data.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "core/timeline.hpp"
#include "feed/history_query.hpp"
#include "portal/number_chart.hpp"
#include "portal/picture.hpp"
#include "portal/row_data.hpp"
#include "portal/timeline_picture.hpp"
#include "portal/week_picture.hpp"

namespace portal {
namespace {

using core::Level;
using kainjow::mustache::data;

/// Of the table; the files have all.
constexpr std::size_t kMostListed = 500;
/// Of the best hours.
constexpr std::size_t kMostNamed = 3;
constexpr Level kWanted[] = {Level::medium, Level::high};

std::string count_text(std::int64_t count) {
  return number_text(static_cast<double>(count));
}

/// The same, the last one first.
template <class T>
std::vector<T> reversed(std::span<const T> values) {
  return {values.rbegin(), values.rend()};
}

/// One element for each of `values`, filled by `fill(element, value)`.
template <class Values, class Fill>
data list_of(const Values& values, Fill fill) {
  data list{data::type::list};
  for (const auto& value : values) {
    data element;
    fill(element, value);
    list << element;
  }
  return list;
}

void set_begin(data& out, base::Time begin) {
  out.set("begin", base::to_rfc3339(begin));
  out.set("begin_text", time_text(begin));
}

data shares_of(const core::Shares& shares) {
  return list_of(core::parts(shares), [](data& out, const core::Share& share) {
    out.set("name", std::string(share.name));
    out.set("class", base::lower(core::to_string(share.level)));
    out.set("share", percent_text(share.part));
  });
}

/// The latest first.
void set_timeline(data& page, const core::Timeline& stretches) {
  page.set("timeline", timeline_picture(stretches));
  const std::size_t shown = std::min(stretches.size(), kMostListed);
  page.set("cut", shown < stretches.size());
  page.set("shown", std::to_string(shown));
  page.set("stretches_count", std::to_string(stretches.size()));
  const auto latest = reversed(std::span(stretches).last(shown));
  page.set("stretches", list_of(latest, [](data& out, const core::Stretch& stretch) {
             set_begin(out, stretch.begin);
             out.set("length", duration_text(stretch.length()));
             out.set("level", level_text(stretch));
             out.set("reason", stretch.reason);
           }));
}

void set_chances(data& page, const core::Timeline& stretches, const core::Shares& shares, const LookBack& look_back) {
  constexpr base::Duration kStep = std::chrono::minutes{15};
  constexpr std::chrono::hours kWithin[] = {std::chrono::hours{1}, std::chrono::hours{4}, std::chrono::hours{12},
                                            std::chrono::hours{24}};
  // Of a longer time there are too few moments.
  std::span<const std::chrono::hours> within = kWithin;
  while (2 * within.back() > std::chrono::days{look_back.days}) within = within.first(within.size() - 1);
  page.set("wanted", list_of(kWanted, [](data& out, Level level) {
             out.set("level", fmt::format("{}{}", level == Level::high ? "" : "at least ", core::to_string(level)));
           }));
  const auto cell = [&](data& out, Level level, std::chrono::hours within) {
    const core::Chance chance = core::chance(stretches, level, within, kStep);
    if (chance.count > 0) out.set("share", percent_text(chance.share()));
    out.set("count", count_text(chance.count));
    const base::Duration lower = shares.low + (level == Level::high ? shares.medium : base::Duration{0});
    out.set("none", shares.observed().count() > 0 && lower.count() == 0 ? "never lower" : "unknown");
  };
  page.set("chances", list_of(within, [&](data& row, std::chrono::hours each) {
             row.set("within", fmt::format("{} h", each.count()));
             row.set("levels", list_of(kWanted, [&](data& out, Level level) { cell(out, level, each); }));
           }));
}

void set_lasting(data& page, const core::Timeline& stretches) {
  page.set("lasting", list_of(std::array{Level::high, Level::medium, Level::low}, [&](data& out, Level level) {
             const core::Lasting lasting = core::lasting(stretches, level);
             const auto text = [&](base::Duration length) {
               return lasting.count > 0 ? duration_text(length) : "unknown";
             };
             out.set("level", std::string(core::to_string(level)));
             out.set("median", text(lasting.median));
             out.set("most", text(lasting.most));
             out.set("count", count_text(lasting.count));
             out.set("cut", count_text(lasting.cut));
           }));
}

/// Hours of one day that follow each other.
struct Hours {
  std::size_t first;
  std::size_t count;
};

/// Those of `hours`, which are in order, the longest first.
std::vector<Hours> joined(std::span<const std::size_t> hours) {
  std::vector<Hours> all;
  for (const std::size_t hour : hours)
    if (!all.empty() && all.back().first + all.back().count == hour && hour % 24 != 0)
      ++all.back().count;
    else
      all.push_back({hour, 1});
  std::ranges::sort(all, {}, [](const Hours& one) { return std::pair(-static_cast<int>(one.count), one.first); });
  return all;
}

/// The hours with the greatest share of MEDIUM and HIGH, of those that were seen at least half as long as the most seen
/// one: a sentence.
std::string best_of(const core::Week& week) {
  std::vector<std::size_t> hours;
  const auto seen = [&](std::size_t hour) { return week[hour].observed(); };
  const base::Duration most_seen = std::ranges::max(week, {}, &core::HourOfWeek::observed).observed();
  for (std::size_t hour = 0; hour < week.size(); ++hour)
    if (seen(hour).count() > 0 && seen(hour) >= most_seen / 2) hours.push_back(hour);
  if (hours.empty()) return "Nothing was observed.";
  const auto share = [&](std::size_t hour) { return week[hour].at_least_medium(); };
  const auto [worst, best] = std::ranges::minmax(hours, {}, share);
  const std::string percent = percent_text(share(best));
  if (share(worst) == share(best)) return fmt::format("All hours were alike: at least MEDIUM {} of the time.", percent);
  std::erase_if(hours, [&](std::size_t hour) { return share(hour) < share(best); });
  const int weeks = week[std::ranges::min(hours, {}, [&](std::size_t hour) { return week[hour].weeks; })].weeks;
  std::vector<std::string> names;
  for (const Hours& one : joined(hours)) names.push_back(hours_text(one.first, one.count));
  const std::size_t more = names.size() - std::min(names.size(), kMostNamed);
  names.resize(names.size() - more);
  return fmt::format("At least MEDIUM {} of the time, as seen in {} {} or more: {}{}, UTC.", percent, weeks,
                     weeks == 1 ? "week" : "weeks", fmt::join(names, ", "),
                     more == 0 ? "" : fmt::format(" and {} more", more));
}

data cell_of(const core::HourOfWeek& hour) {
  data cell;
  const bool known = hour.observed().count() > 0;
  cell.set("text", known ? fmt::format("{} of {}", percent_text(hour.at_least_medium()), duration_text(hour.observed()))
                         : "unknown");
  return cell;
}

void set_week(data& page, const core::Timeline& stretches) {
  const core::Week week = core::week(stretches);
  page.set("week", week_picture(week));
  page.set("best", best_of(week));
  page.set("weekdays", list_of(kWeekdays, [](data& out, std::string_view day) { out.set("day", std::string(day)); }));
  data rows{data::type::list};
  for (std::size_t hour = 0; hour < 24; ++hour) {
    data row, cells{data::type::list};
    row.set("hour", fmt::format("{:02}:00", hour));
    for (std::size_t day = 0; day < kWeekdays.size(); ++day) cells << cell_of(week[day * 24 + hour]);
    row.set("cells", cells);
    rows << row;
  }
  page.set("hours", rows);
}

/// A sentence for each level, the best first, of which there were launches.
void set_calibration(data& page, const core::Calibration& calibration) {
  data sentences{data::type::list};
  for (const Level level : {Level::high, Level::medium, Level::low, Level::unknown}) {
    const core::Launches& launches = calibration[level];
    if (launches.all() == 0) continue;
    data sentence;
    sentence.set("level", std::string(core::to_string(level)));
    sentence.set("worked", count_text(launches.worked));
    sentence.set("launches", count_text(launches.all()) + (launches.all() == 1 ? " launch" : " launches"));
    sentences << sentence;
  }
  page.set("has_launches", calibration.all() > 0);
  page.set("calibration", sentences);
}

data chart_of(const NumberChart& chart) {
  data out;
  out.set("title", std::string(chart.title));
  out.set("chart", number_chart(chart));
  out.set("width", duration_text(chart.width));
  out.set("buckets", list_of(reversed(chart.buckets), [](data& row, const core::Bucket& bucket) {
            set_begin(row, bucket.begin);
            row.set("mean", mean_text(bucket));
            row.set("least", number_text(bucket.least));
            row.set("most", number_text(bucket.most));
            row.set("count", count_text(bucket.count));
          }));
  return out;
}

void set_charts(data& page, const HistoryAnswer& answer, const LookBack& look_back, std::string_view unit,
                base::Time to) {
  const auto width = answer.span ? std::max(look_back.width, core::length_of(*answer.span)) : look_back.width;
  data charts{data::type::list};
  for (const core::Number& number : core::kNumbers) {
    const std::vector<core::Bucket> buckets = merged(answer.numbers[number.value], width);
    if (buckets.empty()) continue;
    const bool whole = number.kind == core::Number::Kind::count;
    const std::string title =
        fmt::format("{}{}{}", number.title, whole && !unit.empty() ? ", " : "", whole ? unit : "");
    charts << chart_of({title, whole, buckets, width, answer.from, to});
  }
  page.set("charts", charts);
}

}  // namespace

data history_data(const HistoryAnswer& answer, const core::ProfileKey& key, const LookBack& look_back,
                  std::string_view unit, const std::string& root) {
  // All of the time when the service's clock was set back behind it.
  const base::Time to = answer.now > answer.from ? std::min(answer.to, answer.now) : answer.to;
  const core::Timeline stretches = core::timeline(answer.transitions, answer.from, to);
  const std::string api = root + profile_path("api/v1/hardware", key) + "/history";
  data page;
  page.set("profile_provider", key.provider);
  page.set("profile_name", key.name);
  page.set("profile_url", root + profile_path("profile", key));
  page.set("history_url", root + profile_path("profile", key) + "/history");
  page.set("days", std::to_string(look_back.days));
  page.set("days_text", look_back.days == 1 ? "this day" : fmt::format("these {} days", look_back.days));
  page.set("from", time_text(answer.from));
  page.set("to", time_text(to));
  // As the page has asked, so that the file has all that it shows.
  const std::string query = fmt::format("?since={}d&limit={}", look_back.days, feed::kMostTransitions);
  page.set("json_url", api + query);
  page.set("csv_url", api + ".csv" + query);
  page.set("ranges", list_of(kLookBacks, [&](data& out, const LookBack& choice) {
             out.set("days", std::to_string(choice.days));
             out.set("selected", choice.days == look_back.days);
           }));
  set_timeline(page, stretches);
  set_charts(page, answer, look_back, unit, to);
  const core::Shares shares = core::shares(stretches);
  page.set("shares", shares_of(shares));
  set_chances(page, stretches, shares, look_back);
  set_lasting(page, stretches);
  set_calibration(page, answer.calibration);
  const bool has_week = look_back.days >= 7;
  page.set("has_week", has_week);
  if (has_week) set_week(page, stretches);
  return page;
}

}  // namespace portal
