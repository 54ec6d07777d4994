// The output of plugins.
#include "probe/nagios.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace probe {
namespace {

using namespace std::chrono_literals;

Unjudged read(std::string_view output) {
  auto seen = read_nagios(output);
  EXPECT_TRUE(seen) << seen.error();
  return seen ? *seen : Unjudged{};
}
std::string error_of(std::string_view output) {
  const auto seen = read_nagios(output);
  return seen ? "none" : seen.error();
}

TEST(Nagios, ReadsTextAndData) {
  EXPECT_EQ(read("OK - 12 of 64 nodes idle | free=12;8;4;0;64 total=64 largest=4 score=7.5 price=0.25EUR age=90s\n"),
            (Unjudged{{.free = 12,
                       .total = 64,
                       .largest = 4,
                       .score = 7.5,
                       .price = 0.25,
                       .reason = "OK - 12 of 64 nodes idle",
                       .age = 90s}}));
  EXPECT_EQ(read("OK"), (Unjudged{{.reason = "OK"}}));
  EXPECT_EQ(read(""), Unjudged());
  EXPECT_EQ(read("|"), Unjudged());
}

TEST(Nagios, ReadsLabelsAsTheyAreWritten) {
  EXPECT_EQ(read("x|FREE=1 'Total'=2").free, 1);
  EXPECT_EQ(read("x|FREE=1 'Total'=2").total, 2);
  EXPECT_EQ(read("x|'free nodes'=7 'it''s free'=8 'a=b'=9 'free'=3").free, 3);
  EXPECT_EQ(read("x|free_nodes=7 xfree=8").free, std::nullopt);
}

TEST(Nagios, ReadsNumbersAndUnits) {
  EXPECT_EQ(read("x|free=5GB;;;").free, 5);
  EXPECT_EQ(read("x|score=-1.5e2%").score, -150);
  EXPECT_EQ(read("x|free=+4").free, 4);
  EXPECT_EQ(read("x|free=4.").free, 4);
  EXPECT_EQ(read("x|price=1.64USD").price, 1.64);
  EXPECT_EQ(read("x|age=0.5 free=1").age, 500ms);
  EXPECT_EQ(read("x|free=U").free, std::nullopt) << "the plugin could not find out";
}

TEST(Nagios, NamesWhatIsNoNumber) {
  EXPECT_EQ(error_of("x|score=0,75"), "'score=0,75' is no number; write one such as score=3 or score=0.75");
  for (const auto* bad :
       {"free=1,234", "free=3foo", "free=",    "free",       "free=;1",    "free=inf", "free=nan", "free=1e999",
        "free=0x10",  "free=1 GB", "free=--1", "free=+-1",   "free=1.2.3", "free=1e",  "free=~:3", "free=50%",
        "free=3EUR",  "FREE=x",    "'free'=x", "free=1'000", "free=u",     "age=1m"})
    if (const std::string_view text(bad); text != "free=1 GB")
      EXPECT_NE(error_of(fmt::format("x|a=1 {} b=2", text)), "none") << text;
  for (const char* bad : {"score=+-3", "score=++3", "price=3EURO", "price=3eur", "price=3EU"})
    EXPECT_THAT(error_of(fmt::format("x|{}", bad)), testing::HasSubstr("is no number")) << bad;
  EXPECT_EQ(error_of("x|free =1"), "'free' is no number; write one such as free=3 or free=0.75");
  EXPECT_EQ(error_of("x|'free=1"), "the performance data ''free=1' has a quote without end");
  EXPECT_EQ(error_of("x|time=0,003s /=x '/var'=2,5MB =1"), "none") << "other labels are the plugin's own";
}

TEST(Nagios, NamesWhatIsNoPerformanceData) {
  for (const auto& [data, piece] : {std::pair("free=1 234 total=5 000", "234"),
                                    {"free=1\t234\ttotal=5\t000", "234"},
                                    {"load=1 x free=3", "x"},
                                    {"\"free\"=3 \"total\"=4", "\"free\"=3"},
                                    {"free:3 total:4", "free:3"},
                                    {"Free, Total", "Free,"},
                                    {"free;total", "free;total"},
                                    {"load=1,free=3", "load=1,free=3"},
                                    {"load=1;free=3", "load=1;free=3"},
                                    {"(free)=3", "(free)=3"}})
    EXPECT_EQ(
        error_of(fmt::format("OK | {}", data)),
        fmt::format("'{}' is no performance data; write label=value, such as free=3 total=4, with a blank between "
                    "two",
                    piece))
        << data;
  EXPECT_EQ(error_of("OK | free=3;total=4"),
            "'free=3;total=4' is no performance data; write free=value[;warn;crit;min;max], and a blank before the "
            "next label");
  for (const char* bad : {"free=3;1,5", "free=3;1;2;0;4;5", "free=3;x:1", "free=3;1:2:3", "free=3;;;--1", "free=3;4|x"})
    EXPECT_THAT(error_of(fmt::format("OK | {}", bad)), testing::HasSubstr("is no performance data")) << bad;
  EXPECT_EQ(error_of("x | a=1\nlong\nmore | free=1 234"),
            "'234' is no performance data; write label=value, such as free=3 total=4, with a blank between two");
}

TEST(Nagios, TakesBoundsOfEveryForm) {
  for (const char* good : {"free=3;", "free=3;;;;", "free=3;;;;;", "free=3;1;2;0;4", "free=3;10:;~:5;0",
                           "free=3;@10:20", "free=3GB;4GB;2.5GB;0;10", "free=3;-1:+5;1e3", "score=3%;50%;60%;0;100"})
    EXPECT_EQ(error_of(fmt::format("OK | {}", good)), "none") << good;
}

TEST(Nagios, LeavesPluginsTheirOwnWays) {
  for (const char* data :
       {"load1=0.100;5.000;10.000;0; load5=0.200;4.000;6.000;0;", "'C:\\ Used Space'=3GB;4;5;0;10 'free space'=3",
        "'Memory free'=12MB;;; usage=3", "mem_free=1 234", "disk.free=3", "/free=2", "foo bar", "12 of 40", "a=1, b=2",
        "time=0,003s;;;", "rta=0.5ms;100;500;0; pl=0%;40;80;;", "= =1 ; ;;"})
    EXPECT_EQ(error_of(fmt::format("OK | {}", data)), "none") << data;
}

TEST(Nagios, NamesNumbersThatMakeNoSense) {
  EXPECT_EQ(error_of("x|free=-1"), "free is -1; it must not be negative");
  EXPECT_EQ(error_of("x|free=10 total=4"), "free is 10, more than total, which is 4");
  EXPECT_EQ(error_of("x|free=3 largest=4"), "largest is 4, more than free, which is 3");
  EXPECT_EQ(error_of("x|free=1.2e19"), "free is 1.2e+19, which is no count");
  EXPECT_THAT(error_of("x|free=9007199254740993"), testing::HasSubstr("which is no count"));
  EXPECT_EQ(read("x|free=9007199254740992 score=-9007199254740992").free, 9007199254740992);
  EXPECT_EQ(error_of("x|free=1 FREE=3"), "free is there twice: 'FREE=3'");
  EXPECT_EQ(error_of("x|free=U\n|free=3"), "free is there twice: 'free=3'");
  EXPECT_EQ(error_of("x|free=3GB total=4TB"), "free=3GB and total=4TB have two units; write one");
  EXPECT_EQ(error_of("x|free=50GB total=64"), "free=50GB and total=64 have two units; write one");
  EXPECT_EQ(error_of("x|free=3GB total=4GB price=1EUR"), "none");
  EXPECT_EQ(error_of("x|age=-1"), "age=-1 is not a time; write seconds, from 0 on, ten years at most");
  EXPECT_EQ(error_of("x|age=5ms"), "age=5ms is not a time; write seconds, from 0 on, ten years at most");
  EXPECT_EQ(error_of("x|age=1e12"), "age=1000000000000 is not a time; write seconds, from 0 on, ten years at most");
}

TEST(Nagios, TwoQuotesInALabelAreOne) {
  const auto seen = read("x|'it''s'=1 'free'=2 'to''tal'=3 'a ''b'' c'=4");
  EXPECT_EQ(seen, (Unjudged{{.free = 2, .reason = "x"}})) << "to'tal is no label that counts";
}

TEST(Nagios, ReadsDataOfLaterLines) {
  const auto seen = read("DISK OK | free=1\nlong text, score=9\nmore text | total=2\nprice=3\n");
  EXPECT_EQ(seen, (Unjudged{{.free = 1, .total = 2, .price = 3, .reason = "DISK OK"}}));
}

TEST(Nagios, MakesAnyTextFitForAReason) {
  EXPECT_EQ(read(" a\tb\377\r\nmore").reason, "a b?");
  EXPECT_EQ(read(std::string(10'000, 'x')).reason.size(), 300U);
  Secrets secrets;
  secrets.add("hunter22");
  EXPECT_EQ(read_nagios(std::string(295, 'x') + "hunter22", secrets)->reason, std::string(295, 'x') + "…");
}

}  // namespace
}  // namespace probe
