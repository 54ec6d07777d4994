#include "portal/history_answer.hpp"

#include <gmock/gmock.h>

#include "support/rows.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using core::Freshness;
using core::Level;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

base::Time at(std::string_view text) {
  return base::parse_rfc3339(text).value();
}

constexpr std::string_view kHistory = R"({"id":7,"provider":"p\n","name":"c5","from":"2026-11-23T00:00:00Z",
  "to":"2026-11-24T00:00:00Z","now":"2026-11-24T00:00:01Z","further":[],
  "transitions":[{"at":"2026-11-22T10:00:00Z","level":"HIGH","freshness":"FRESH","reason":"3 of 4"},
                 {"at":"2026-11-23T10:00:00Z","level":"HIGH","freshness":"STALE","reason":""},
                 {"at":"2026-11-23T11:00:00Z","level":"UNKNOWN","freshness":"EXPIRED"}],
  "numbers":{"free":[{"at":"2026-11-23T00:00:00Z","count":4,"min":1,"max":3.5,"mean":2}],"new":[1]},
  "calibration":{"HIGH":{"launched":41,"failed":2},"LOW":{"launched":0,"failed":7},"GREAT":1}})";

TEST(HistoryAnswer, IsRead) {
  const auto answer = parse_history(kHistory);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->profile, (core::Profile{7, {"p ", "c5"}}));
  EXPECT_EQ(answer->from, at("2026-11-23T00:00:00Z"));
  EXPECT_EQ(answer->to, at("2026-11-24T00:00:00Z"));
  EXPECT_EQ(answer->now, at("2026-11-24T00:00:01Z"));
  EXPECT_THAT(answer->transitions,
              ElementsAre(core::Transition{at("2026-11-22T10:00:00Z"), Level::high, Freshness::fresh, "3 of 4"},
                          core::Transition{at("2026-11-23T10:00:00Z"), Level::high, Freshness::stale, ""},
                          core::Transition{at("2026-11-23T11:00:00Z"), Level::unknown, Freshness::expired, ""}));
  EXPECT_THAT(answer->numbers[&core::Measurement::free],
              ElementsAre(core::Bucket{at("2026-11-23T00:00:00Z"), 4, 1, 3.5, 8}));
  EXPECT_THAT(answer->numbers[&core::Measurement::price], IsEmpty());
  EXPECT_EQ(answer->calibration[Level::high], (core::Launches{41, 2}));
  EXPECT_EQ(answer->calibration[Level::low], (core::Launches{0, 7}));
  EXPECT_EQ(answer->calibration[Level::medium], core::Launches{});
}

TEST(HistoryAnswer, ACalibrationIsChecked) {
  EXPECT_TRUE(check_calibration(R"({"calibration":{"HIGH":{"launched":41,"failed":2}}})"));
  for (const char* wrong : {"{}", "[]", "", R"({"calibration":7})", R"({"calibration":{"HIGH":{"launched":1}}})"})
    EXPECT_FALSE(check_calibration(wrong)) << wrong;
}

TEST(HistoryAnswer, ABoardIsRead) {
  const auto board =
      parse_past_board(R"({"time":"2026-11-23T00:00:00Z","now":"2026-11-24T00:00:00Z","next":"?after=p%2Fb",
    "hardware":[{"id":1,"provider":"p","name":"a","labels":{"region":"eu"},"availability":"LOW","freshness":"STALE",
                 "reason":"none","since":"2026-11-22T00:00:00Z"},
                {"id":2,"provider":"p","name":"b","availability":"UNKNOWN","since":null}]})");
  ASSERT_TRUE(board) << board.error().message;
  EXPECT_EQ(board->time, at("2026-11-23T00:00:00Z"));
  EXPECT_TRUE(board->more);
  ASSERT_EQ(board->rows.size(), 2U);
  EXPECT_EQ(board->rows[0].profile, (core::Profile{1, {"p", "a"}, {{"region", "eu"}}}));
  EXPECT_EQ(board->rows[0].state, (core::Transition{at("2026-11-22T00:00:00Z"), Level::low, Freshness::stale, "none"}));
  EXPECT_EQ(board->rows[1].state, std::nullopt);
  EXPECT_FALSE(
      parse_past_board(R"({"time":"2026-11-23T00:00:00Z","now":"2026-11-24T00:00:00Z","next":null,"hardware":[]})")
          ->more);
}

TEST(HistoryAnswer, AMistakeIsNamed) {
  const auto replaced = [](std::string_view what, std::string_view with) {
    std::string text(kHistory);
    text.replace(text.find(what), what.size(), with);
    const auto answer = parse_history(text);
    return answer ? "none" : answer.error().message;
  };
  EXPECT_THAT(replaced("\"id\":7", "\"id\":\"7\""), HasSubstr("'id' is not a whole number"));
  EXPECT_THAT(replaced("\"level\":\"HIGH\"", "\"level\":\"FULL\""), HasSubstr("'level' is not one of HIGH"));
  EXPECT_THAT(replaced("STALE", "OLD"), HasSubstr("'freshness' is not one of"));
  EXPECT_THAT(replaced("\"transitions\":[", "\"transitions\":[1,"), HasSubstr("an element is not an object"));
  EXPECT_THAT(replaced("\"now\":\"2026-11-24T00:00:01Z\"", "\"now\":1"), HasSubstr("'now' is not an RFC 3339 time"));
  EXPECT_THAT(replaced("\"to\":\"2026-11-24", "\"to\":\"2026-11-23"), HasSubstr("'from' is not before 'to'"));
  EXPECT_THAT(replaced("\"count\":4", "\"count\":0"), HasSubstr("'count' is less than 1"));
  EXPECT_THAT(replaced("\"min\":1", "\"min\":null"), HasSubstr("'min' is not a number"));
  EXPECT_THAT(replaced("\"at\":\"2026-11-22", "\"at\":\"2026-12-22"), HasSubstr("its times are not in order"));
  EXPECT_THAT(replaced("\"numbers\":{", "\"numbers\":["), HasSubstr("is not JSON"));
  EXPECT_THAT(parse_history("[]").error().message, HasSubstr("an element is not an object"));
  EXPECT_THAT(parse_past_board("{}").error().message, HasSubstr("'time' is not an RFC 3339 time"));
}

}  // namespace
}  // namespace portal
