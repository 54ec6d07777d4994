// Levels from the numbers of sources.
#include "probe/judge.hpp"

#include <gtest/gtest.h>

#include "probe/placeholders.hpp"

namespace probe {
namespace {

TEST(Judge, TakesTheSourcesLevelUnlessThereAreThresholds) {
  EXPECT_EQ(judge({{.free = 9, .reason = "closed"}, core::Level::low}, {})->level, core::Level::low);
  EXPECT_EQ(judge({{.reason = "closed"}, core::Level::low}, {})->reason, "closed");
  const config::Levels levels{.high = {.free = 8, .ratio = 0.5}, .medium = {.free = 1}};
  const auto level = [&](double free, double total) {
    return judge({{.free = free, .total = total}, core::Level::unknown}, levels)->level;
  };
  EXPECT_EQ(level(8, 16), core::Level::high);
  EXPECT_EQ(level(8, 17), core::Level::medium);
  EXPECT_EQ(level(7, 7), core::Level::medium);
  EXPECT_EQ(level(0, 7), core::Level::low);
  EXPECT_EQ(level(0, 0), core::Level::low);
}

TEST(Judge, NamesTheRule) {
  const config::Levels levels{.high = {.free = 8, .ratio = 0.5}, .medium = {.free = 1}};
  const auto reason = [&](double free) { return judge({{.free = free, .total = 16, .reason = "n"}}, levels)->reason; };
  EXPECT_EQ(reason(8), "n (HIGH: free >= 8 and free/total >= 0.5)");
  EXPECT_EQ(reason(1), "n (MEDIUM: free >= 1)");
  EXPECT_EQ(reason(0), "n (LOW: not free >= 1)");
  EXPECT_EQ(judge({{.score = 3}}, {.high = {.score = 8}, .medium = {.score = 5}})->reason, "LOW: not score >= 5");
}

TEST(Judge, FreeUnitsNeedNoThresholds) {
  EXPECT_EQ(judge({{.free = 1, .total = 4}}, {})->level, core::Level::high);
  EXPECT_EQ(judge({{.free = 1, .total = 5}}, {})->level, core::Level::medium);
  EXPECT_EQ(judge({{.free = 0, .total = 5}}, {})->level, core::Level::low);
  EXPECT_EQ(judge({{.free = 100}}, {})->level, core::Level::medium);
}

TEST(Judge, FailsWithoutWhatItNeeds) {
  EXPECT_TRUE(judge({{.score = 7}}, {}).error().starts_with("the source gives no level and no free units"));
  EXPECT_EQ(judge({{.free = 7}}, {.high = {.score = 8}}).error(), "the source gives no score, which 'levels' needs");
  EXPECT_EQ(judge({{.free = 7}}, {.high = {.ratio = 0.1}}).error(),
            "the source gives no free and total units, which 'levels' needs");
}

TEST(Judge, DropsWhatBinaryArithmeticLeaves) {
  const Result result = judge({{.free = 2.9999999999999996,
                                .total = 9007199254740991,
                                .largest = 0.1 + 0.2,
                                .score = -1.1 * 1.5,
                                .price = 0.82 + 0.82000000000000006}},
                              {.high = {.free = 3}});
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->level, core::Level::high);
  EXPECT_EQ(
      fmt::format("{} {} {} {} {}", *result->free, *result->total, *result->largest, *result->score, *result->price),
      "3 9007199254740991 0.3 -1.65 1.64");
}

TEST(Judge, KeepsFifteenDigits) {
  const Result result = judge({{.free = 1234567890123.5, .total = 1234567890123.9, .score = 0.9999999999999}}, {});
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(fmt::format("{} {} {}", *result->free, *result->total, *result->score),
            "1234567890123.5 1234567890123.9 0.9999999999999");
}

TEST(CheckNumbers, NamesWhatMakesNoSense) {
  const auto error = [](const core::Measurement& seen) {
    const auto fine = check_numbers(seen, config::Pointers().numbers);
    return fine ? "none" : fine.error();
  };
  EXPECT_EQ(error({}), "none");
  EXPECT_EQ(error({.free = 0, .total = 0, .largest = 0, .score = -7.5, .price = 0}), "none");
  EXPECT_EQ(error({.free = 4, .total = 4, .largest = 4}), "none");
  EXPECT_EQ(error({.free = 10, .total = 4}), "/free is 10, more than /total, which is 4");
  EXPECT_EQ(error({.free = 3, .total = 4, .largest = 3.5}), "/largest is 3.5, more than /free, which is 3");
  EXPECT_EQ(error({.total = 4, .largest = 5}), "/largest is 5, more than /total, which is 4");
  EXPECT_EQ(error({.free = -1}), "/free is -1; it must not be negative");
  EXPECT_EQ(error({.total = -1}), "/total is -1; it must not be negative");
  EXPECT_EQ(error({.largest = -0.5}), "/largest is -0.5; it must not be negative");
  EXPECT_EQ(error({.price = -1.64}), "/price is -1.64; it must not be negative");
  EXPECT_EQ(error({.free = 1.2e19}), "/free is 1.2e+19, which is no count");
  EXPECT_EQ(error({.score = -1e300}), "/score is -1e+300, which is no count");
  EXPECT_EQ(error({.free = 9007199254740992}), "none");
}

TEST(Placeholders, AreTheProfiles) {
  const core::Profile profile{1, {"Amazon", "c5 large"}, {{"zone", "a"}}};
  const auto escape = [](std::string_view text) { return fmt::format("<{}>", text); };
  EXPECT_EQ(expand("{provider}/{name}?{attribute.zone}{attribute.none}{label.zone}{labels.zone}", profile, escape),
            "<Amazon>/<c5 large>?<a><><a>{labels.zone}");
  EXPECT_EQ(expand(R"({"a":{name},"b":{}} {provider)", profile, escape), R"({"a":<c5 large>,"b":{}} {provider)");
}

}  // namespace
}  // namespace probe
