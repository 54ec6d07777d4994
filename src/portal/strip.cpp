#include "portal/strip.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace portal {
namespace {

char letter_of(core::Level level) {
  return level == core::Level::unknown ? '-' : core::to_string(level).front();
}

struct Kind {
  char letter;
  std::string_view name;
  /// The middle of its bar in a picture that is 12 high. The stylesheet has the height.
  int middle;
};
constexpr Kind kKinds[] = {{'H', "high", 6}, {'M', "medium", 8}, {'L', "low", 10}};

/// The half hours that have `letter`, as lines.
std::string lines(std::string_view letters, const Kind& kind) {
  std::string path;
  std::size_t drawn = 0;
  for (std::size_t begin = letters.find(kind.letter); begin != std::string_view::npos;) {
    const std::size_t end = std::min(letters.find_first_not_of(kind.letter, begin), letters.size());
    path += path.empty() ? fmt::format("M{} {}h{}", begin, kind.middle, end - begin)
                         : fmt::format("m{} 0h{}", begin - drawn, end - begin);
    drawn = end;
    begin = letters.find(kind.letter, end);
  }
  return path;
}

}  // namespace

std::string letters_at(std::string_view recent, const core::Reading& reading, base::Time now) {
  const std::int64_t measured = core::RecentLevels::half_hour(reading.measured_at);
  const std::int64_t passed = std::max<std::int64_t>(core::RecentLevels::half_hour(now) - measured, 0);
  const std::int64_t held = std::clamp<std::int64_t>(
      core::RecentLevels::half_hour(reading.stale_at - base::Duration{1}) - measured, 0, passed);
  const auto most = [](std::int64_t count) { return std::min(static_cast<std::size_t>(count), kStripLength); };
  std::string letters(kStripLength, '-');
  letters.append(recent).append(most(held), letter_of(reading.level)).append(most(passed - held), '-');
  return letters.substr(letters.size() - kStripLength);
}

std::string strip(std::string_view letters) {
  if (letters.find_first_not_of('-') == std::string_view::npos) return "";
  std::string words, paths;
  const auto say = [&](std::string_view name, std::ptrdiff_t count) {
    if (count > 0)
      words +=
          fmt::format("{} {} {} h", words.empty() ? "" : ",", name, base::number_text(static_cast<double>(count) / 2));
  };
  for (const Kind& kind : kKinds) {
    say(kind.name, std::ranges::count(letters, kind.letter));
    if (const std::string path = lines(letters, kind); !path.empty())
      paths += fmt::format(R"(<path class="{}" d="{}"/>)", kind.name, path);
  }
  say("not observed", std::ranges::count(letters, '-'));
  return fmt::format(
      R"(<svg class="strip" viewBox="0 0 48 12" preserveAspectRatio="none" role="img"><title>24 h:{}</title>{}</svg>)",
      words, paths);
}

}  // namespace portal
