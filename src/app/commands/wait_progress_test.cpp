#include "app/commands/wait_progress.hpp"

#include <gmock/gmock.h>

namespace app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

boost::json::array rows(const char* text) {
  return boost::json::parse(text).as_array();
}

const boost::json::array kRows = rows(R"x([
  {"provider":"p","name":"low","availability":"LOW","freshness":"FRESH","probe":"x"},
  {"provider":"p","name":"old","availability":"HIGH","freshness":"STALE","probe":"x"},
  {"provider":"p","name":"few","availability":"MEDIUM","freshness":"FRESH","free":2,"total":8,"probe":"x"},
  {"provider":"p","name":"lost","availability":"UNKNOWN","freshness":"PENDING","probe":"(none)"}])x");

boost::json::array only(std::size_t index) {
  return {kRows[index]};
}

TEST(WaitProgress, SaysWhatItWaitsFor) {
  EXPECT_EQ(to_text(Wished{.profiles = {"a/*", "b/c"}, .at_least = "MEDIUM"}), "a/* or b/c, MEDIUM or better");
  EXPECT_EQ(to_text(Wished{.profiles = {"a/*", "b/c"}, .all = true, .free = 4, .at_least = "HIGH", .hold = "5m"}),
            "a/* and b/c, HIGH, 4 units in one piece, for 5m");
  EXPECT_EQ(to_text(Wished{.profiles = {"b/c"}, .free = 1, .total_free = 1, .at_least = "HIGH"}),
            "b/c, HIGH, 1 unit in one piece, 1 unit free");
}

TEST(WaitProgress, SaysOfWhichSet) {
  EXPECT_EQ(to_text(Wished{.set = "cfd", .at_least = "MEDIUM"}), "one of cfd, MEDIUM or better");
  EXPECT_EQ(to_text(Wished{.set = "cfd", .all = true, .at_least = "HIGH"}), "all of cfd, HIGH");
}

TEST(WaitProgress, SaysWhatStandsThereTheBestFirst) {
  EXPECT_EQ(now_there(kRows, false), "p/few MEDIUM, 2 of 8 free; p/low LOW; p/old HIGH (STALE); and 1 more");
  EXPECT_EQ(now_there(kRows, true), "p/few MEDIUM, 2 of 8 free; p/low LOW; p/old HIGH (STALE); and at least 2 more");
  EXPECT_EQ(now_there({}, false), "");
}

TEST(WaitProgress, KnowsWhatCanNeverHold) {
  const Wished eight{.profiles = {"p/*"}, .free = 8, .at_least = "LOW"};
  const Wished nine{.profiles = {"p/*"}, .total_free = 9, .at_least = "LOW"};
  EXPECT_THAT(never(eight, only(2), false), IsEmpty());
  EXPECT_THAT(never(nine, only(2), false),
              ElementsAre("this can never hold as it is: p/few has 8 units in all, and --total-free wants 9"));
  EXPECT_THAT(never(eight, only(0), false),
              ElementsAre("this can never hold as it is: p/low does not report free units, so "
                          "--free never holds"));
  EXPECT_THAT(never({.profiles = {"p/*"}, .free = 0}, only(0), false),
              ElementsAre("this can never hold as it is: p/low does not report free units, so --free never "
                          "holds"));
  EXPECT_THAT(never({.profiles = {"p/*"}, .total_free = 0}, rows(R"([{"provider":"p","name":"a","freshness":"FRESH",
                "probe":"x","largest":2}])"),
                    false),
              testing::SizeIs(1))
      << "a piece is not the sum";
  EXPECT_THAT(never({.profiles = {"p/*"}, .free = 0}, only(2), false), IsEmpty());
  EXPECT_THAT(never({.profiles = {"p/*"}}, only(0), false), IsEmpty());
  EXPECT_THAT(never(eight, only(1), false), IsEmpty()) << "a newer reading may tell more";
  EXPECT_THAT(never({.profiles = {"p/*"}}, only(3), false),
              ElementsAre("this can never hold as it is: p/lost has no probe, so it is never measured"));
}

TEST(WaitProgress, OneThatMayComeSufficesUnlessAllMust) {
  EXPECT_THAT(never({.profiles = {"p/*"}}, kRows, false), IsEmpty());
  EXPECT_THAT(never({.profiles = {"p/*"}, .all = true}, kRows, false),
              ElementsAre("this can never hold as it is: p/lost has no probe, so it is never measured"));
  EXPECT_THAT(never({.profiles = {"p/*"}}, only(3), true), IsEmpty()) << "there are further rows";
}

}  // namespace
}  // namespace app
