#include "base/duration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace base {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsNumbersWithUnits) {
  const std::pair<const char*, Duration> cases[] = {
      {"0", 0us},     {"0s", 0us},    {"7us", 7us},  {"250ms", 250ms}, {"5s", 5s},
      {"90s", 90s},   {"1m30s", 90s}, {"6h", 6h},    {"1d", 24h},      {"1d2h3m4s5ms6us", 93'784'005'006us},
      {"30s1m", 90s}, {"1s1s", 2s},   {"0001s", 1s},
  };
  for (const auto& [text, value] : cases) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, value) << text;
  }
}

TEST(Duration, RefusesEverythingElse) {
  for (const auto* text : {"", "5", "s", "5 s", " 5s", "5s ", "-5s", "+5s", "1.5s", "5S", "5sec", "5m5", "1h-5s", "1w",
                           "00", "99999999999999999999us"}) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::invalid);
    EXPECT_THAT(parsed.error().message, testing::StartsWith(std::string("'") + text + "' is not a duration"));
  }
}

TEST(Duration, RefusesWhatIsNoLongerATimeWhenAdded) {
  EXPECT_EQ(parse_duration("3650d"), Duration(3650 * 24h));
  for (const auto* text : {"3651d", "3650d1us", "9223372036854775807s", "200000000d"}) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().message, std::string("'") + text + "' is too long; the most is 3650d");
  }
}

TEST(Duration, WritesTheShortestText) {
  EXPECT_EQ(to_string(Duration{0}), "0s");
  EXPECT_EQ(to_string(Duration{1}), "1us");
  EXPECT_EQ(to_string(250ms), "250ms");
  EXPECT_EQ(to_string(90s), "1m30s");
  EXPECT_EQ(to_string(24h), "1d");
  EXPECT_EQ(to_string(25h + 5ms), "1d1h5ms");
  EXPECT_EQ(to_string(-90s), "-1m30s");
}

TEST(Duration, ReadsBackWhatItWrites) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const Duration value{static_cast<std::int64_t>(random() >> (16 + random() % 48))};
    const auto parsed = parse_duration(to_string(value));
    ASSERT_TRUE(parsed) << to_string(value);
    ASSERT_EQ(*parsed, value);
  }
}

}  // namespace
}  // namespace base
