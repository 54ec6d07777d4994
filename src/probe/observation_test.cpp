// What sources say, and the level that follows.
#include "probe/observation.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "probe/placeholders.hpp"

namespace probe {
namespace {

std::expected<Observation, std::string> read(std::string_view text, const config::Pointers& pointers = {}) {
  const auto value = parse_json(text);
  if (!value) return std::unexpected(value.error());
  return read_observation(*value, pointers);
}

TEST(Observation, ReadsWhatIsThere) {
  const auto seen = read(R"({"level":"high","free":3,"total":4,"score":7.5,"price":0.25,"reason":"3 of 4\nfree"})");
  ASSERT_TRUE(seen) << seen.error();
  EXPECT_EQ(*seen, (Observation{core::Level::high, 3, 4, {}, 7.5, 0.25, "3 of 4 free"}));
  EXPECT_EQ(read(R"({"free":0,"level":null})")->free, 0);
}

TEST(Observation, ReadsWhereThePointersPoint) {
  const config::Pointers pointers{.level = "", .free = "/recommendations/0/free", .reason = "/why"};
  const auto seen = read(R"({"recommendations":[{"free":2}],"why":{"zone":"a"},"level":17})", pointers);
  ASSERT_TRUE(seen) << seen.error();
  EXPECT_EQ(*seen, (Observation{{}, 2, {}, {}, {}, {}, R"({"zone":"a"})"}));
}

TEST(Observation, SaysWhatIsWrong) {
  EXPECT_EQ(read(R"({"level":"GREAT"})").error(), R"(/level is "GREAT"; it must be HIGH, MEDIUM, LOW or UNKNOWN)");
  EXPECT_EQ(read(R"({"free":"3"})").error(), R"(/free is not a number: "3")");
  EXPECT_TRUE(read("{}").error().starts_with("has none of /level, /free,")) << read("{}").error();
  EXPECT_TRUE(read("[1,").error().starts_with("is not JSON (incomplete JSON): [1,")) << read("[1,").error();
  EXPECT_TRUE(read("").error().starts_with("is not JSON"));
  EXPECT_TRUE(read("{} {}").error().starts_with("is not JSON"));
  EXPECT_TRUE(read(std::string(100'000, '[')).error().starts_with("is not JSON"));
  EXPECT_FALSE(read(R"({"free":1e999})"));
}

TEST(Judge, TakesTheSourcesLevelUnlessThereAreThresholds) {
  EXPECT_EQ(judge({.level = core::Level::low, .free = 9, .reason = "closed"}, {})->level, core::Level::low);
  EXPECT_EQ(judge({.level = core::Level::low, .reason = "closed"}, {})->reason, "closed");
  const config::Levels levels{.high = {.free = 8, .ratio = 0.5}, .medium = {.free = 1}};
  const auto level = [&](double free, double total) {
    return judge({.level = core::Level::unknown, .free = free, .total = total}, levels)->level;
  };
  EXPECT_EQ(level(8, 16), core::Level::high);
  EXPECT_EQ(level(8, 17), core::Level::medium);
  EXPECT_EQ(level(7, 7), core::Level::medium);
  EXPECT_EQ(level(0, 7), core::Level::low);
  EXPECT_EQ(level(0, 0), core::Level::low);
}

TEST(Judge, NamesTheRule) {
  const config::Levels levels{.high = {.free = 8, .ratio = 0.5}, .medium = {.free = 1}};
  const auto reason = [&](double free) { return judge({.free = free, .total = 16, .reason = "n"}, levels)->reason; };
  EXPECT_EQ(reason(8), "n (HIGH: free >= 8 and free/total >= 0.5)");
  EXPECT_EQ(reason(1), "n (MEDIUM: free >= 1)");
  EXPECT_EQ(reason(0), "n (LOW: not free >= 1)");
  EXPECT_EQ(judge({.score = 3}, {.high = {.score = 8}, .medium = {.score = 5}})->reason, "LOW: not score >= 5");
}

TEST(Judge, FreeUnitsNeedNoThresholds) {
  EXPECT_EQ(judge({.free = 1, .total = 4}, {})->level, core::Level::high);
  EXPECT_EQ(judge({.free = 1, .total = 5}, {})->level, core::Level::medium);
  EXPECT_EQ(judge({.free = 0, .total = 5}, {})->level, core::Level::low);
  EXPECT_EQ(judge({.free = 100}, {})->level, core::Level::medium);
}

TEST(Judge, FailsWithoutWhatItNeeds) {
  EXPECT_TRUE(judge({.score = 7}, {}).error().starts_with("the source gives no level and no free units"));
  EXPECT_EQ(judge({.free = 7}, {.high = {.score = 8}}).error(), "the source gives no score, which 'levels' needs");
  EXPECT_EQ(judge({.free = 7}, {.high = {.ratio = 0.1}}).error(),
            "the source gives no free and total units, which 'levels' needs");
}

TEST(Batch, FindsEachProfile) {
  const std::vector<core::Profile> profiles{{1, {"A", "x"}}, {2, {"A", "y"}}, {3, {"A", "z"}}};
  const auto value = parse_json(R"([{"provider":"A","name":"y","free":0},{"provider":"A","name":"x","level":"HIGH"},
                                    {"provider":"A","name":"z","free":[]}, 7, {"name":"other"}])");
  const Answer answer = read_batch(*value, {}, profiles, {});
  ASSERT_EQ(answer.results.size(), 3U);
  EXPECT_EQ(answer.results[0]->level, core::Level::high);
  EXPECT_EQ(answer.results[1]->level, core::Level::low);
  EXPECT_EQ(answer.results[2].error(), "/free is not a number: []");
  EXPECT_EQ(read_batch(parse_json("[]").value(), {}, profiles, {}).results[2].error(),
            "the answer does not name this profile");
  EXPECT_EQ(read_batch(parse_json("{}").value(), {}, profiles, {}).results[2].error(), "the answer is not a list");
}

TEST(Batch, AsksWithAList) {
  const std::vector<core::Profile> profiles{{1, {"A", "x"}, {{"size", "8\""}}}, {2, {"A", "y"}}};
  EXPECT_EQ(to_json(profiles),
            "[{\"provider\":\"A\",\"name\":\"x\",\"attributes\":{\"size\":\"8\\\"\"}},\n"
            "{\"provider\":\"A\",\"name\":\"y\",\"attributes\":{}}]\n");
}

TEST(OneLine, MakesAnythingPrintable) {
  EXPECT_EQ(one_line("  a\n\n\tb\r\n"), "a b");
  EXPECT_EQ(one_line("é\xff漢\xc3"), "é?漢?");
  EXPECT_EQ(one_line(std::string(1000, 'x')).size(), 300U);
  EXPECT_LE(one_line([] {
              std::string s;
              for (int i = 0; i < 200; ++i) s += "漢";
              return s;
            }())
                .size(),
            300U);
}

TEST(Placeholders, AreTheProfiles) {
  const core::Profile profile{1, {"Amazon", "c5 large"}, {{"zone", "a"}}};
  const auto escape = [](std::string_view text) { return fmt::format("<{}>", text); };
  EXPECT_EQ(expand("{provider}/{name}?{attribute.zone}{attribute.none}", profile, escape), "<Amazon>/<c5 large>?<a><>");
  EXPECT_EQ(expand(R"({"a":{name},"b":{}} {provider)", profile, escape), R"({"a":<c5 large>,"b":{}} {provider)");
}

}  // namespace
}  // namespace probe
