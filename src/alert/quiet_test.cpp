#include "alert/quiet.hpp"

#include <gtest/gtest.h>

#include "config/scalar.hpp"

namespace alert {
namespace {

base::Time at(const std::string& text) {
  return base::parse_rfc3339(text).value();
}

Quiet quiet(const std::string& hours, const std::string& zone = "UTC") {
  config::QuietHours parsed;
  EXPECT_TRUE(config::assign(parsed, hours));
  return Quiet({parsed}, base::TimeZone::find(zone).value());
}

std::string end(const Quiet& quiet, const std::string& time) {
  const auto until = quiet.until(at(time));
  return until ? base::to_rfc3339(*until) : "loud";
}

TEST(Quiet, EndsOnTheNextDay) {
  const Quiet night = quiet("22:00-07:00");
  EXPECT_EQ(end(night, "2026-01-05T21:59:59.999999Z"), "loud");
  EXPECT_EQ(end(night, "2026-01-05T22:00:00Z"), "2026-01-06T07:00:00.000Z");
  EXPECT_EQ(end(night, "2026-01-06T06:59:59.9Z"), "2026-01-06T07:00:00.000Z");
  EXPECT_EQ(end(night, "2026-01-06T07:00:00Z"), "loud");
  EXPECT_EQ(end(quiet("22:00-07:00", "+05:30"), "2026-01-05T16:30:00Z"), "2026-01-06T01:30:00.000Z");
}

TEST(Quiet, SpansThatFollowEachOtherAreOne) {
  config::QuietHours night, weekend;
  ASSERT_TRUE(config::assign(night, "22:00-07:00") && config::assign(weekend, "Sat,Sun"));
  const Quiet both({night, weekend}, {});
  EXPECT_EQ(end(both, "2026-01-09T23:00:00Z"), "2026-01-12T07:00:00.000Z") << "from Friday night to Monday morning";
}

TEST(Quiet, NightsOfAClockThatIsSet) {
  if (!base::TimeZone::find("Europe/Berlin")) GTEST_SKIP() << "tzdata is not installed";
  const std::string berlin = "Europe/Berlin";
  EXPECT_EQ(end(quiet("22:00-07:00", berlin), "2026-03-28T22:00:00Z"), "2026-03-29T05:00:00.000Z");
  EXPECT_EQ(end(quiet("22:00-07:00", berlin), "2026-10-24T21:00:00Z"), "2026-10-25T06:00:00.000Z");
  // 2:30 is not there in spring: it is quiet until the clock shows 3:00.
  EXPECT_EQ(end(quiet("22:00-02:30", berlin), "2026-03-29T00:00:00Z"), "2026-03-29T01:00:00.000Z");
  // 2:30 is there twice in autumn, and 2:10, too.
  EXPECT_EQ(end(quiet("22:00-02:30", berlin), "2026-10-25T00:10:00Z"), "2026-10-25T00:30:00.000Z");
  EXPECT_EQ(end(quiet("22:00-02:30", berlin), "2026-10-25T01:10:00Z"), "2026-10-25T01:30:00.000Z");
}

TEST(Quiet, HoursThatNeverEndEnd) {
  const Quiet always = quiet("00:00-24:00");
  ASSERT_TRUE(always.until(at("2026-01-05T00:00:00Z")));
  EXPECT_GT(*always.until(at("2026-01-05T00:00:00Z")), at("2026-01-12T00:00:00Z"));
}

}  // namespace
}  // namespace alert
