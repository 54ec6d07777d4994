// What plugins print.
#include "probe/nagios.hpp"

#include <gtest/gtest.h>

namespace probe {
namespace {

TEST(Nagios, ReadsTextAndData) {
  EXPECT_EQ(read_nagios("OK - 12 of 64 nodes idle | free=12;8;4;0;64 total=64 score=7.5 price=0.25EUR\n"),
            (Observation{{}, 12, 64, {}, 7.5, 0.25, "OK - 12 of 64 nodes idle"}));
  EXPECT_EQ(read_nagios("OK"), (Observation{.reason = "OK"}));
  EXPECT_EQ(read_nagios(""), Observation());
  EXPECT_EQ(read_nagios("|"), Observation());
}

TEST(Nagios, ReadsLabelsAsTheyAreWritten) {
  EXPECT_EQ(read_nagios("x|FREE=1 'Total'=2").free, 1);
  EXPECT_EQ(read_nagios("x|FREE=1 'Total'=2").total, 2);
  EXPECT_EQ(read_nagios("x|'free nodes'=7 'it''s free'=8 'a=b'=9 'free'=3").free, 3);
  EXPECT_EQ(read_nagios("x|free_nodes=7 xfree=8").free, std::nullopt);
}

TEST(Nagios, IgnoresUnitsAndWhatIsNoNumber) {
  EXPECT_EQ(read_nagios("x|free=5GB;;;").free, 5);
  EXPECT_EQ(read_nagios("x|free=-1.5e2%").free, -150);
  EXPECT_EQ(read_nagios("x|free=+4").free, 4);
  for (const auto* none : {"x|free=U", "x|free=", "x|free", "x|free=;1", "x|free=inf", "x|free=nan", "x|free=1e999",
                           "x|'free=1", "x|=1", "x|free =1"})
    EXPECT_EQ(read_nagios(none).free, std::nullopt) << none;
  EXPECT_EQ(read_nagios("x|free=U free=3").free, 3);
}

TEST(Nagios, ReadsDataOfLaterLines) {
  const auto seen = read_nagios("DISK OK | free=1\nlong text, score=9\nmore text | total=2\nprice=3\n");
  EXPECT_EQ(seen, (Observation{{}, 1, 2, {}, {}, 3, "DISK OK"}));
}

TEST(Nagios, MakesAnyTextFitForAReason) {
  EXPECT_EQ(read_nagios(" a\tb\377\r\nmore").reason, "a b?");
  EXPECT_LE(read_nagios(std::string(10'000, 'x')).reason.size(), 300U);
}

}  // namespace
}  // namespace probe
