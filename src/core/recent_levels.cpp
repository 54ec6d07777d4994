#include "core/recent_levels.hpp"

#include <algorithm>
#include <utility>

namespace core {
namespace {

/// By level.
constexpr std::string_view kLetters = "-LMH";

}  // namespace

Level RecentLevels::at(int ago) const {
  return static_cast<Level>((low_ >> ago & 1) | (high_ >> ago & 1) << 1);
}

void RecentLevels::observe(std::int64_t ago, Level level) {
  if (ago < 0 || ago >= kHalfHours || level == Level::unknown) return;
  const Level before = at(static_cast<int>(ago));
  const auto bits = std::to_underlying(before == Level::unknown ? level : std::min(before, level));
  const std::uint64_t place = std::uint64_t{1} << ago;
  low_ = (bits & 1) != 0 ? low_ | place : low_ & ~place;
  high_ = (bits & 2) != 0 ? high_ | place : high_ & ~place;
}

void RecentLevels::move(std::int64_t count) {
  const auto moved = [count](std::uint64_t bits) {
    if (count >= kHalfHours || count <= -kHalfHours) return std::uint64_t{0};
    return count >= 0 ? bits << count & kAll : bits >> -count;
  };
  low_ = moved(low_);
  high_ = moved(high_);
}

std::string_view RecentLevels::text(Letters& letters) const {
  std::size_t begin = letters.size();
  for (int ago = 0; ago < kHalfHours; ++ago) {
    const Level level = at(ago);
    char& letter = letters[letters.size() - 1 - static_cast<std::size_t>(ago)];
    letter = kLetters[std::to_underlying(level)];
    if (level != Level::unknown) begin = static_cast<std::size_t>(&letter - letters.data());
  }
  return {letters.data() + begin, letters.size() - begin};
}

std::optional<RecentLevels> RecentLevels::parse(std::string_view text) {
  RecentLevels levels;
  if (text.size() > kHalfHours) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto level = kLetters.find(text[i]);
    if (level == std::string_view::npos) return std::nullopt;
    levels.observe(static_cast<std::int64_t>(text.size() - 1 - i), static_cast<Level>(level));
  }
  return levels;
}

}  // namespace core
