// Offsets of time zones, against the C library's own.
#include "base/time_zone.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <time.h>

#include <filesystem>

#include "base/file.hpp"

namespace base {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Time at(const std::string& text) {
  return parse_rfc3339(text).value();
}

TimeZone zone(const std::string& name) {
  return TimeZone::find(name).value();
}

bool has_zones() {
  return std::filesystem::exists(std::string(kZoneDirectory) + "/Europe/Berlin");
}

TEST(TimeZone, OffsetsNeedNoFiles) {
  EXPECT_EQ(TimeZone().offset_at(at("2026-07-01T00:00:00Z")), seconds{0});
  EXPECT_EQ(TimeZone::find("UTC", "/nowhere").value().offset_at({}), seconds{0});
  EXPECT_EQ(TimeZone::find("+05:30", "/nowhere").value().offset_at({}), hours{5} + minutes{30});
  EXPECT_EQ(TimeZone::find("-03:00", "/nowhere").value().offset_at({}), -hours{3});
}

TEST(TimeZone, RefusesWhatIsNone) {
  for (const std::string name : {"", "../etc/passwd", "/etc/passwd", "+2", "+15:00", "+02:60", "a b", "Europe/..", "."})
    EXPECT_EQ(TimeZone::find(name).error().code, Errc::invalid) << name;
  const auto missing = TimeZone::find("Europe/Atlantis");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_THAT(missing.error().message, testing::HasSubstr("Europe/Atlantis"));
}

TEST(TimeZone, SummerBeginsAndEndsOnTime) {
  if (!has_zones()) GTEST_SKIP() << "tzdata is not installed";
  // 2026 is in the table of turns, 2100 in the rule behind it.
  for (const std::string year : {"2026", "2100"}) {
    SCOPED_TRACE(year);
    const std::string march = year == "2026" ? "29" : "28", october = year == "2026" ? "25" : "31";
    EXPECT_EQ(zone("Europe/Berlin").offset_at(at(year + "-03-" + march + "T00:59:59Z")), hours{1});
    EXPECT_EQ(zone("Europe/Berlin").offset_at(at(year + "-03-" + march + "T01:00:00Z")), hours{2});
    EXPECT_EQ(zone("Europe/Berlin").offset_at(at(year + "-10-" + october + "T00:59:59Z")), hours{2});
    EXPECT_EQ(zone("Europe/Berlin").offset_at(at(year + "-10-" + october + "T01:00:00Z")), hours{1});
    EXPECT_EQ(zone("Australia/Sydney").offset_at(at(year + "-01-01T00:00:00Z")), hours{11});
    EXPECT_EQ(zone("Australia/Sydney").offset_at(at(year + "-07-01T00:00:00Z")), hours{10});
  }
}

/// The C library's answer. Changes TZ of this process, which no other test reads.
seconds expected(const std::string& name, Time time) {
  setenv("TZ", name.c_str(), 1);
  tzset();
  const time_t second = std::chrono::floor<seconds>(time).time_since_epoch().count();
  tm local{};
  localtime_r(&second, &local);
  return seconds{local.tm_gmtoff};
}

TEST(TimeZone, AgreesWithTheLibraryInEveryZone) {
  if (!has_zones()) GTEST_SKIP() << "tzdata is not installed";
  std::size_t zones = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kZoneDirectory)) {
    const std::string name = std::filesystem::relative(entry.path(), kZoneDirectory).string();
    const auto content = entry.is_regular_file() ? read_file(entry.path().string(), 1 << 20) : std::unexpected("");
    if (!content || !content->starts_with("TZif") || name.starts_with("right/")) continue;
    const auto parsed = TimeZone::parse(*content);
    ASSERT_TRUE(parsed) << name;
    ++zones;
    // Every 11 days and some hours of 100 years.
    for (Time time = at("1990-01-01T00:00:00Z"); time < at("2090-01-01T00:00:00Z"); time += hours{24 * 11 + 7})
      ASSERT_EQ(parsed->offset_at(time), expected(name, time)) << name << " at " << to_rfc3339(time);
  }
  EXPECT_GT(zones, 300U);
  unsetenv("TZ");
}

TEST(TimeZone, AnyBytesAreZonesOrNone) {
  if (!has_zones()) GTEST_SKIP() << "tzdata is not installed";
  const std::string whole = read_file(std::string(kZoneDirectory) + "/Europe/Berlin", 1 << 20).value();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    const auto cut = TimeZone::parse(std::string_view(whole).substr(0, size));
    if (cut) cut->offset_at(at("2050-07-01T00:00:00Z"));
  }
  for (std::size_t place = 0; place < whole.size(); ++place) {
    std::string other = whole;
    other[place] = static_cast<char>(~other[place]);
    if (const auto parsed = TimeZone::parse(other)) parsed->offset_at(at("2050-07-01T00:00:00Z"));
  }
}

}  // namespace
}  // namespace base
