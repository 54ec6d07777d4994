#include "portal/strip.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>

#include "base/json.hpp"
#include "support/support_dir.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using core::Level;

constexpr base::Time kMidnight{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

/// The last letters, after as many '-' as it takes.
std::string letters(std::string_view recent, Level level, base::Duration measured, base::Duration stale,
                    base::Duration now) {
  core::Reading reading;
  reading.level = level;
  reading.measured_at = kMidnight + measured;
  reading.stale_at = kMidnight + stale;
  const std::string all = letters_at(recent, reading, kMidnight + now);
  EXPECT_EQ(all.size(), kStripLength);
  return all.substr(std::min(all.find_first_not_of('-'), all.size()));
}

TEST(Strip, IsMovedToNow) {
  EXPECT_EQ(letters("HHM", Level::medium, 10min, 12min, 20min), "HHM");
  EXPECT_EQ(letters("HHM", Level::medium, 10min, 12min, 31min), "HHM-");
  EXPECT_EQ(letters("HHM", Level::medium, 10min, 12min, 24h - 1s), "M" + std::string(47, '-'));
  EXPECT_EQ(letters("HHM", Level::medium, 10min, 12min, 24h), "");
  EXPECT_EQ(letters("HHM", Level::medium, 10min, 12min, 400 * 24h), "");
  EXPECT_EQ(letters("HHM", Level::medium, 10min, 12min, -24h), "HHM") << "a clock that was set back";
  EXPECT_EQ(letters("", Level::high, 10min, 12min, 20min), "");
}

TEST(Strip, AReadingHoldsUntilItIsStale) {
  EXPECT_EQ(letters("HL", Level::high, 10min, 90min, 20min), "HL") << "its half hour keeps the lowest level";
  EXPECT_EQ(letters("HL", Level::high, 10min, 90min, 40min), "HLH");
  EXPECT_EQ(letters("HL", Level::high, 10min, 90min, 80min), "HLHH");
  EXPECT_EQ(letters("HL", Level::high, 10min, 90min, 130min), "HLHH--");
  EXPECT_EQ(letters("HL", Level::high, 10min, 91min, 130min), "HLHHH-");
  EXPECT_EQ(letters("HL", Level::unknown, 10min, 90min, 80min), "HL--");
  EXPECT_EQ(letters("L", Level::high, 10min, 1000 * 24h, 900 * 24h), std::string(48, 'H'));
}

TEST(Strip, HasAPathForEachLevelAndSaysHowMuchThereIs) {
  EXPECT_EQ(strip("--HHMLHH" + std::string(40, 'L')),
            R"(<svg class="strip" viewBox="0 0 48 12" preserveAspectRatio="none" role="img">)"
            R"(<title>24 h: high 2 h, medium 0.5 h, low 20.5 h, not observed 1 h</title>)"
            R"(<path class="high" d="M2 6h2m2 0h2"/><path class="medium" d="M4 8h1"/>)"
            R"(<path class="low" d="M5 10h1m2 0h40"/></svg>)");
  EXPECT_EQ(strip(std::string(48, '-')), "");
}

TEST(Strip, IsAsABrowserDrawsIt) {
  std::ifstream file(support::support_dir() / "../web/strips.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto cases = base::parse_json(text);
  ASSERT_TRUE(cases) << text;
  for (const boost::json::value& one : cases->as_array()) {
    const boost::json::object& object = one.as_object();
    const auto time = [&](std::string_view key) { return base::parse_rfc3339(base::text_in(object, key)).value(); };
    core::Reading reading;
    reading.level = core::parse_level(base::text_in(object, "level")).value();
    reading.measured_at = time("measured");
    reading.stale_at = time("stale");
    EXPECT_EQ(strip(letters_at(base::text_in(object, "recent"), reading, time("now"))),
              base::text_in(object, "picture"));
  }
}

}  // namespace
}  // namespace portal
