#include "feed/row_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "support/rows.hpp"

namespace feed {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using support::measured_row;
using support::pending_row;
using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;

core::Row again(const core::Row& row, base::Time now) {
  std::string text = "[";
  append_row(text, row, now);
  text += ']';
  return *parse_rows(boost::json::parse(text).as_array()).at(0);
}

TEST(RowJson, ReadsBackWhatItWrote) {
  core::Row full = measured_row(7, "odd \"name\" \\ / €", 12, core::Level::medium);
  support::set_numbers(*full.reading);
  full.reading->changed = core::LevelChange{core::Level::low, kNow - 5min};
  full.reading->recent = *core::RecentLevels::parse("H--MLLH");
  full.failure = core::Failure{"it \"broke\"", kNow + 5s};
  full.profile.labels = {{"gpu", "a100 \"80 GB\""}, {"region", "eu-1"}};
  full.next = core::NextRun{kNow + 2h, core::DueReason::budget};
  full.unit = "GPUs";
  full.simulated = true;
  for (const core::Row& row : {full, measured_row(1, "a", 1, core::Level::low), pending_row(2, "b", 3)})
    for (const base::Time now : {kNow, kNow + 2min, kNow + 1h}) EXPECT_EQ(again(row, now), row);
}

TEST(RowJson, ATimeThatHasPassedHasNoFalseReason) {
  core::Row row = measured_row(1, "a", 4, core::Level::high);
  row.next = core::NextRun{kNow + 9s, core::DueReason::watched};
  EXPECT_EQ(again(row, kNow).next, row.next);
  std::string text;
  append_row(text, row, kNow + 10s);
  EXPECT_THAT(text, HasSubstr(R"("due_reason":"overdue")"));
  EXPECT_EQ(again(row, kNow + 10s).next->due, row.next->due);
}

TEST(RowJson, ShowsWhatTheRowIsNow) {
  const core::Row row = measured_row(1, "a", 4, core::Level::high);
  std::string fresh, stale, expired, pending;
  append_row(fresh, row, kNow);
  EXPECT_THAT(fresh, HasSubstr(R"("provider":"p","name":"a","availability":"HIGH","freshness":"FRESH")"));
  EXPECT_THAT(fresh, testing::Not(HasSubstr("was")));
  append_row(stale, row, kNow + 2min);
  EXPECT_THAT(stale, HasSubstr(R"("availability":"HIGH","freshness":"STALE")"));
  EXPECT_THAT(stale, testing::Not(HasSubstr("was")));
  append_row(expired, row, kNow + 1h);
  EXPECT_THAT(expired, HasSubstr(R"("availability":"UNKNOWN","freshness":"EXPIRED")"));
  EXPECT_THAT(expired, HasSubstr(R"("was":"HIGH")"));
  core::Row none = pending_row(1, "a", 4);
  none.probe = core::kNoProbe;
  append_row(pending, none, kNow);
  EXPECT_THAT(pending,
              HasSubstr(R"("measured_at":null,"stale_at":null,"expires_at":null,"reason":"no probe configured")"));
}

TEST(RowJson, LabelsAreThereWhenThereAreAny) {
  core::Row row = measured_row(1, "a", 4, core::Level::high);
  std::string without, with;
  append_row(without, row, kNow);
  EXPECT_THAT(without, testing::Not(HasSubstr("labels")));
  row.profile.labels = {{"region", "eu-1"}, {"gpu", "\"x\""}};
  append_row(with, row, kNow);
  EXPECT_THAT(with, HasSubstr(R"("name":"a","labels":{"gpu":"\"x\"","region":"eu-1"},"availability")"));
}

TEST(RowJson, LabelsOfAnotherServiceAreLinesOfText) {
  const auto parsed = [](std::string_view labels) {
    std::string text = "[";
    append_row(text, measured_row(1, "a", 4, core::Level::high), kNow);
    text.insert(2, fmt::format("\"labels\":{},", labels));
    return parse_rows(boost::json::parse(text + "]").as_array()).at(0)->profile.labels;
  };
  EXPECT_EQ(parsed(R"({"a":"b\nc"})"), (core::Labels{{"a", base::to_line("b\nc")}}));
  EXPECT_EQ(parsed("{}"), core::Labels{});
  EXPECT_THROW(parsed("[]"), std::exception);
  EXPECT_THROW(parsed(R"({"a":1})"), std::exception);
}

TEST(Counts, EachHasItsName) {
  std::string text;
  append_counts(text, {.high = 1,
                       .medium = 2,
                       .low = 3,
                       .stale = 4,
                       .unknown = 5,
                       .fresh = 6,
                       .expired = 7,
                       .pending = 8,
                       .failing = 9,
                       .changed = 10,
                       .total = 11});
  EXPECT_EQ(text, R"("HIGH":1,"MEDIUM":2,"LOW":3,"UNKNOWN":5,"FRESH":6,"STALE":4,"EXPIRED":7,"PENDING":8,)"
                  R"("failing":9,"changed":10,"total":11)");
}

TEST(RowJson, RefusesWhatItCannotRead) {
  for (const char* bad : {R"([1])", R"([{}])", R"([{"id":1,"provider":"p","name":"n","revision":"x"}])",
                          R"([{"id":1,"provider":"p","name":"n","revision":1,"measured_at":"yesterday"}])"})
    EXPECT_ANY_THROW(parse_rows(boost::json::parse(bad).as_array())) << bad;
}

TEST(RowJson, NumbersAreAsShortAsTheyCanBe) {
  core::Row row = measured_row(1, "a", 1, core::Level::high);
  row.reading->free = 1e6;
  row.reading->largest = 0;
  row.reading->score = 0.1 + 0.2;
  row.reading->price = 1.64;
  std::string text;
  append_row(text, row, kNow);
  EXPECT_THAT(text, HasSubstr(R"("free":1000000,"largest":0,"score":0.3,"price":1.64,)"));
}

TEST(RowJson, ShowsNothingThatHidesOrReordersText) {
  const std::string bad = R"([{"id":1,"provider":"\u202ep","name":"a\u001b[2J","revision":1,"probe":"q\u2066",
      "measured_at":"2026-11-24T00:00:00Z","availability":"LOW","took_ms":1,"reason":"\u202eHGIH\r\nx",
      "failed_at":"2026-11-24T00:00:00Z","error":"\u200fno"}])";
  const core::Row row = *parse_rows(boost::json::parse(bad).as_array()).at(0);
  EXPECT_EQ(row.profile.key, (core::ProfileKey{"?p", "a?[2J"}));
  EXPECT_EQ(row.reading->reason, "?HGIH  x");
  EXPECT_EQ(row.failure->error, "?no");
  EXPECT_EQ(row.probe, "q?");
  const auto original = parse_original(
      R"([{"provider":"A","name":"c5\u202e","availability":"HIGH"},{"provider":"A","name":"c6","availability":"LOW"}])",
      kNow, 0s);
  ASSERT_THAT(original, SizeIs(2)) << "one odd name does not cost the others";
  EXPECT_EQ(original[0].profile.key.name, "c5?");
  EXPECT_THAT(parse_original(R"([{"provider":"A","name":"-x","availability":"LOW"}])", kNow, 0s), SizeIs(0));
}

TEST(ParseOriginal, ThreeKeysAndWhateverElse) {
  const auto rows = parse_original(
      R"([{"provider":"Amazon","name":"c5","availability":"HIGH","extra":[1]},{"provider":"Amazon","name":"c5","availability":"LOW"}])",
      kNow, 5s);
  ASSERT_EQ(rows.size(), 1U) << "the first of two with the same key";
  EXPECT_EQ(rows[0].reading->level, core::Level::high);
  EXPECT_EQ(rows[0].reading->measured_at, kNow);
  EXPECT_EQ(rows[0].reading->took, 5s);
  for (const char* bad :
       {"", "{}", "[1]", R"([{"provider":"a","name":"b"}])", R"([{"provider":"a","name":"b","availability":"high"}])",
        R"([{"provider":"","name":"b","availability":"LOW"}])"})
    EXPECT_ANY_THROW(parse_original(bad, kNow, 0s)) << bad;
}

TEST(ParseKey, SaysWhatIsWrong) {
  EXPECT_EQ(parse_profile(R"({"provider":"a","name":"b"})")->key, (core::ProfileKey{"a", "b"}));
  EXPECT_FALSE(parse_profile(R"({"provider":"a","name":"b"})")->labels);
  EXPECT_EQ(parse_profile(R"({"provider":"a","name":"b","labels":{"k":"v w","x_1":""}})")->labels,
            (core::Labels{{"k", "v w"}, {"x_1", ""}}));
  EXPECT_THAT(parse_profile(R"({"provider":"a","name":"b","labels":{"k":7}})").error().message, HasSubstr("'k'"));
  EXPECT_THAT(parse_profile(R"({"provider":"a","name":"b","labels":{"k=":"v"}})").error().message, HasSubstr("'k='"));
  EXPECT_THAT(parse_profile(R"({"provider":"a","name":"b","labels":[]})").error().message, HasSubstr("not an object"));
  EXPECT_THAT(parse_profile("x").error().message, HasSubstr("not a JSON object"));
  EXPECT_EQ(parse_profile(R"({"provider":"a","name":"b","name":"c"})").error().message,
            "the body has the key \"name\" twice in one object; send it once");
  EXPECT_THAT(parse_profile(R"({"provider":"a","name":"b","labels":{"k":"1","k":"2"}})").error().message,
              HasSubstr("key \"k\" twice"));
  EXPECT_THAT(parse_profiles(R"([{"provider":"a","provider":"a","name":"b"}])").error().message,
              HasSubstr("key \"provider\" twice"));
  EXPECT_THAT(parse_profile(R"({"provider":"a","nmae":"b"})").error().message, HasSubstr("'nmae'"));
  EXPECT_THAT(parse_profile(R"({"provider":"a","name":7})").error().message, HasSubstr("'name'"));
}

std::string with_labels(const std::string& labels) {
  return R"({"provider":"a","name":"b","labels":{)" + labels + "}}";
}

TEST(ParseProfile, LabelsHaveAFormerName) {
  const core::Labels one{{"k", "v"}};
  EXPECT_EQ(parse_profile(R"({"provider":"a","name":"b","labels":{"k":"v"}})")->labels, one);
  EXPECT_EQ(parse_profile(R"({"provider":"a","name":"b","attributes":{"k":"v"}})")->labels, one);
  EXPECT_THAT(parse_profile(R"({"provider":"a","name":"b","attributes":{},"labels":{}})").error().message,
              HasSubstr("both are there"));
}

TEST(ParseProfile, HoldsTheLimitsOfLabels) {
  const auto one = [](std::size_t bytes) { return with_labels("\"k\":\"" + std::string(bytes, 'x') + "\""); };
  EXPECT_TRUE(parse_profile(one(core::kMaxValueBytes)));
  EXPECT_THAT(parse_profile(one(core::kMaxValueBytes + 1)).error().message,
              AllOf(HasSubstr("'k' has 16385 bytes"), HasSubstr("the most is 16384")));
  const auto many = [](std::size_t count, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
      text += fmt::format("{}\"{:02}\":\"{}\"", i > 0 ? "," : "", i, std::string(bytes, 'x'));
    return with_labels(text);
  };
  EXPECT_TRUE(parse_profile(many(core::kMaxLabels, 1)));
  EXPECT_THAT(parse_profile(many(core::kMaxLabels + 1, 1)).error().message, HasSubstr("65 labels"));
  EXPECT_TRUE(parse_profile(many(8, (8 << 10) - 2)));
  EXPECT_THAT(parse_profile(many(8, (8 << 10) - 1)).error().message, HasSubstr("65544 bytes together"));
  EXPECT_FALSE(parse_profile(with_labels(R"("k":"a\u0000b")"))) << "NUL";
  EXPECT_TRUE(parse_profile(with_labels(R"("k":"\ud83d\ude00")"))) << "four bytes";
}

TEST(ParseProfiles, NamesTheElementThatIsWrong) {
  const auto two = parse_profiles(R"([{"provider":"a","name":"b","labels":{"k":"v"}},{"provider":"a","name":"c"}])");
  ASSERT_TRUE(two);
  EXPECT_THAT(*two, SizeIs(2));
  EXPECT_EQ((*two)[0].labels, (core::Labels{{"k", "v"}}));
  EXPECT_EQ((*two)[1].key, (core::ProfileKey{"a", "c"}));
  EXPECT_THAT(*parse_profiles(" []"), SizeIs(0));
  EXPECT_THAT(parse_profiles(R"([{"provider":"a","name":"b"},{"provider":"a","name":" c"}])").error().message,
              AllOf(HasSubstr("element 1 of the array"), HasSubstr("' c'")));
  EXPECT_THAT(parse_profiles("[7]").error().message, HasSubstr("element 0"));
  EXPECT_THAT(parse_profiles("[{]").error().message, HasSubstr("not a JSON array"));
  std::string many = "[7";
  for (std::size_t i = 1; i < kMostProfiles; ++i) many += ",7";
  EXPECT_THAT(parse_profiles(many + "]").error().message, HasSubstr("element 0")) << "not too many";
  many += ",7";
  EXPECT_THAT(parse_profiles(many + "]").error().message, HasSubstr("10001 profiles"));
}

TEST(RowJson, AReadingThatTellsNoTimesIsNotTrusted) {
  const std::string bare = R"([{"id":1,"provider":"p","name":"a","revision":1,"probe":"q",
      "measured_at":"2026-11-24T00:00:00Z","availability":"HIGH","took_ms":1}])";
  const core::Row row = *parse_rows(boost::json::parse(bare).as_array()).at(0);
  ASSERT_TRUE(row.reading);
  EXPECT_EQ(row.reading->stale_at, row.reading->measured_at);
  EXPECT_EQ(row.reading->expires_at, row.reading->measured_at);
  EXPECT_EQ(core::effective_level(row, kNow), core::Level::unknown);
}

}  // namespace
}  // namespace feed
