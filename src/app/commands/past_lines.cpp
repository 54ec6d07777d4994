#include "app/commands/past_lines.hpp"

#include <algorithm>

#include "app/commands/table.hpp"
#include "app/terminal.hpp"
#include "base/duration.hpp"
#include "base/text.hpp"
#include "portal/number_chart.hpp"
#include "portal/picture.hpp"

namespace app {
namespace {

/// How a level looks in a strip: its height, or its letter.
struct Look {
  core::Level level;
  std::string_view block;
  std::string_view letter;
};

constexpr Look kLooks[] = {
    {core::Level::high, "█", "H"},
    {core::Level::medium, "▅", "M"},
    {core::Level::low, "▂", "L"},
    {core::Level::unknown, "·", "-"},
};

std::string look_of(core::Level level, const PastShown& shown) {
  const auto look = std::ranges::find(kLooks, level, &Look::level);
  return std::string(shown.blocks ? look->block : look->letter);
}

std::string seconds_of(base::Duration duration) {
  return base::to_string(std::chrono::floor<std::chrono::seconds>(duration));
}

/// "2026-11-24 13:00".
std::string minute_of(base::Time time) {
  std::string text = base::to_rfc3339(time).substr(0, std::string_view("2026-11-24T13:00").size());
  text[text.find('T')] = ' ';
  return text;
}

/// Where the strip begins and ends.
std::string axis(base::Time begin, base::Time end, std::size_t cells) {
  const std::string left = minute_of(begin), right = minute_of(end) + " UTC";
  const std::size_t gap = cells > left.size() + right.size() ? cells - left.size() - right.size() : 1;
  return left + std::string(gap, ' ') + right;
}

/// "H HIGH 61 %  M MEDIUM 20 %".
std::string legend(const core::Shares& shares, const PastShown& shown) {
  std::string line;
  for (const auto& [name, level, part] : core::parts(shares)) {
    if (part == 0) continue;
    const std::string text = fmt::format("{} {} {}", look_of(level, shown), name, portal::percent_text(part));
    line += (line.empty() ? "" : "  ") + (shown.color ? colored(text, core::to_string(level)) : text);
  }
  return line;
}

std::string transitions_text(const core::Timeline& timeline, const PastShown& shown) {
  Table table({{"FROM", false}, {"LASTED", true}, {"LEVEL", false}, {"FRESHNESS", false}, {"", false, 8, 9, true}});
  for (const core::Stretch& stretch : timeline)
    table.add({base::to_rfc3339(stretch.begin), seconds_of(stretch.length()),
               std::string(core::to_string(stretch.level)), std::string(core::to_string(stretch.freshness)),
               stretch.reason});
  return table.text(shown.columns, shown.color);
}

std::string numbers_text(const portal::HistoryAnswer& answer, const PastShown& shown) {
  Table table({{"NUMBER", false}, {"MIN", true}, {"MEAN", true}, {"MAX", true}, {"READINGS", true}});
  bool any = false;
  for (const core::Number& number : core::kNumbers) {
    core::Bucket all;
    for (const core::Bucket& bucket : answer.numbers[number.value]) {
      all.least = all.count == 0 ? bucket.least : std::min(all.least, bucket.least);
      all.most = all.count == 0 ? bucket.most : std::max(all.most, bucket.most);
      all.count += bucket.count;
      all.sum += bucket.sum;
    }
    if (all.count == 0) continue;
    any = true;
    table.add({std::string(number.name), base::number_text(all.least), base::number_text(portal::rounded_mean(all)),
               base::number_text(all.most), fmt::to_string(all.count)});
  }
  return any ? "\n" + table.text(shown.columns, shown.color) : "";
}

}  // namespace

std::string strip_of(const core::Timeline& timeline, std::size_t cells, const PastShown& shown) {
  if (timeline.empty()) return "";
  const base::Time begin = timeline.front().begin, end = timeline.back().end;
  cells = std::min(cells, static_cast<std::size_t>((end - begin).count()));
  const auto edge = [&](std::size_t cell) {
    return begin + (end - begin) * static_cast<std::int64_t>(cell) / static_cast<std::int64_t>(cells);
  };
  const auto level_of = [&](std::size_t cell) {
    const core::Stretch part = core::merged(timeline, edge(cell), edge(cell + 1));
    return part.observed() ? part.level : core::Level::unknown;
  };
  std::string strip;
  for (std::size_t cell = 0; cell < cells;) {
    const core::Level level = level_of(cell);
    std::string run;
    for (; cell < cells && level_of(cell) == level; ++cell) run += look_of(level, shown);
    strip += shown.color ? colored(run, core::to_string(level)) : run;
  }
  return strip;
}

std::string past_text(const portal::HistoryAnswer& answer, const PastShown& shown) {
  const base::Time end = std::min(answer.to, answer.now);
  const core::Timeline timeline = core::timeline(answer.transitions, answer.from, end);
  std::string text = fmt::format("{}/{}\n", answer.profile.key.provider, answer.profile.key.name);
  if (shown.cut) {
    // The first one may be from before that time.
    const auto count =
        std::ranges::count_if(answer.transitions, [&](const auto& one) { return one.at >= answer.from; });
    text += fmt::format("only the latest {}, since {} UTC\n", count == 1 ? "change" : fmt::format("{} changes", count),
                        minute_of(answer.from));
  }
  text += strip_of(timeline, shown.columns, shown) + '\n';
  text += axis(answer.from, end, shown.columns) + '\n';
  text += legend(core::shares(timeline), shown) + "\n\n";
  return text + transitions_text(timeline, shown) + numbers_text(answer, shown);
}

}  // namespace app
