#include "base/quantity.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace base {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

TEST(Quantity, HasEverySuffix) {
  for (const auto& [text, value] : std::initializer_list<std::pair<const char*, std::int64_t>>{
           {"0", 0},
           {"8", 8},
           {"+8", 8},
           {"-0", 0},
           {"007", 7},
           {"1k", 1000},
           {"2M", 2'000'000},
           {"3G", 3'000'000'000},
           {"4T", 4'000'000'000'000},
           {"5P", 5'000'000'000'000'000},
           {"6E", 6'000'000'000'000'000'000},
           {"1Ki", 1024},
           {"15842360Ki", 16'222'576'640},
           {"1Mi", 1 << 20},
           {"1.5Gi", 1'610'612'736},
           {"1Ti", 1LL << 40},
           {"1Pi", 1LL << 50},
           {"7Ei", 7LL << 60},
           {"2e3", 2000},
           {"2E3", 2000},
           {"2e+3", 2000},
           {"2000e-3", 2},
           {"1.", 1},
           {".5k", 500},
           {"123456789012345678", 123'456'789'012'345'678},
           {"9223372036854775807", kMost},
       })
    EXPECT_EQ(parse_quantity(text), value) << text;
}

TEST(Quantity, CountsPartsAndRoundsUp) {
  EXPECT_EQ(parse_quantity("3920m", 1000), 3920);
  EXPECT_EQ(parse_quantity("0.1", 1000), 100);
  EXPECT_EQ(parse_quantity("64", 1000), 64'000);
  EXPECT_EQ(parse_quantity("1n", 1000), 1);
  EXPECT_EQ(parse_quantity("1500u", 1000), 2);
  EXPECT_EQ(parse_quantity("1m"), 1);
  EXPECT_EQ(parse_quantity("1001m"), 2);
  EXPECT_EQ(parse_quantity("0m"), 0);
  EXPECT_EQ(parse_quantity("1e-100"), 1);
  EXPECT_EQ(parse_quantity("0.0000000000000000000000000000000000000001"), 1);
  EXPECT_EQ(parse_quantity("1.00000000000000000000000000000000000000000"), 1);
  EXPECT_EQ(parse_quantity("1.00000000000000000000000000000000000000001"), 2);
}

TEST(Quantity, EndsAtTheMost) {
  for (const char* text : {"9223372036854775808", "8Ei", "10E", "1e19", "1e100", "99999999999999999999999999999999999"})
    EXPECT_EQ(parse_quantity(text), kMost) << text;
  EXPECT_EQ(parse_quantity("9223372036854775807", 1000), kMost);
  EXPECT_EQ(parse_quantity("0e100"), 0);
}

TEST(Quantity, IsNothingElse) {
  for (const char* text :
       {"",    "-1",   "-1m", "m",     ".",    "-",  "+",   "1K",    "1ki",   "1KI",           "1 Gi",
        " 1",  "1 ",   "1,5", "1.5.5", "0x10", "1e", "1e+", "1e+-3", "1e3Gi", "1e99999999999", "nan",
        "inf", "1Gim", "--1", "1e3.5"})
    EXPECT_EQ(parse_quantity(text), std::nullopt) << text;
}

}  // namespace
}  // namespace base
