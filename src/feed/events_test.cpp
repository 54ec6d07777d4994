// Events as a reader folds them into a board.

#include "feed/events.hpp"

#include <gtest/gtest.h>

#include "feed/row_json.hpp"
#include "support/fed_board.hpp"

namespace feed {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using support::many_rows;
using support::measured_row;
using support::share;

constexpr std::string_view kNowText = R"("now":"2026-01-01T00:00:00.000Z")";

class FolderTest : public testing::Test {
 protected:
  FolderTest() { runtime_.start(); }

  /// "" or why the event was not taken.
  std::string fold(std::string event, std::string data, std::string id = "") {
    const http::SseEvent sse{.event = std::move(event), .id = id, .has_id = !id.empty(), .data = std::move(data)};
    return support::on(runtime_.background(), [&]() -> std::string {
      try {
        folder_.fold(sse);
        return "";
      } catch (const std::exception& error) {
        return error.what();
      }
    });
  }
  /// As the writer of events tells `state` and `change`.
  void fold_text(const std::string& text) {
    http::SseParser parser;
    for (const http::SseEvent& event : parser.feed(text))
      EXPECT_EQ(fold(event.event, event.data, event.has_id ? event.id : ""), "");
  }
  void fill(const std::vector<core::RowPtr>& rows, const core::Version& version) {
    support::FedBoard source(runtime_);
    source.fill(rows, version);
    std::string text;
    append_snapshot_begin(text, *source.state(), kNow);
    append_snapshot_rows(text, rows, kNow);
    append_snapshot_end(text, version);
    fold_text(text);
  }
  std::string begin(std::string_view epoch) {
    return fmt::format(R"({{"phase":"begin","epoch":"{}","revision":7,"total":1,{}}})", epoch, kNowText);
  }
  std::string change() { return fmt::format(R"({{{},"changed":[],"removed":[1]}})", kNowText); }

  base::Runtime runtime_{1};
  support::FedBoard board_{runtime_};
  EventFolder folder_{*board_};
};

TEST_F(FolderTest, ASnapshotIsShownWhenItIsWhole) {
  EXPECT_EQ(fold("snapshot", begin("e")), "");
  EXPECT_FALSE(board_.state()->filled);
  EXPECT_EQ(fold("snapshot", R"({"phase":"rows","rows":[]})"), "");
  EXPECT_FALSE(board_.state()->filled);
  EXPECT_EQ(fold("snapshot", R"({"phase":"end"})", "e-7"), "");
  EXPECT_TRUE(board_.state()->filled);
  EXPECT_EQ(board_.state()->version, (core::Version{"e", 7}));
  EXPECT_EQ(fold("snapshot", R"({"phase":"rows","rows":[]})"), "a snapshot goes on that did not begin");
  EXPECT_EQ(fold("snapshot", R"({"phase":"end"})", "e-7"), "a snapshot goes on that did not begin");
}

TEST_F(FolderTest, AnotherSnapshotReplacesAllRows) {
  fill(many_rows(5), {"e", 5});
  EXPECT_EQ(board_.rows().size(), 5U);
  // One that was broken off leaves nothing behind.
  EXPECT_EQ(fold("snapshot", begin("x")), "");
  std::string rows = R"({"phase":"rows","rows":)";
  append_rows(rows, many_rows(5), kNow);
  EXPECT_EQ(fold("snapshot", rows + "}"), "");
  fill({share(measured_row(9, "nine", 7, core::Level::low))}, {"f", 7});
  ASSERT_EQ(board_.rows().size(), 1U);
  EXPECT_EQ(board_.rows()[0].profile.key.name, "nine");
  EXPECT_EQ(board_.state()->version, (core::Version{"f", 7}));
}

TEST_F(FolderTest, OfWhatWasBeforeTheSnapshotNothingIsKnown) {
  fill(many_rows(1), {"e", 7});
  EXPECT_TRUE(board_.state()->since({"e", 7}));
  EXPECT_FALSE(board_.state()->since({"e", 6}));
}

TEST_F(FolderTest, AnOutageIsOfAKnownSideAndHasBegun) {
  const auto outage = [&](std::string_view side, std::string_view since) {
    EXPECT_EQ(fold("status", fmt::format(R"({{{},"outage":{{"side":"{}","since":"{}"}}}})", kNowText, side, since)),
              "");
    return board_.state()->outage.value();
  };
  EXPECT_EQ(outage("database", "2025-12-31T23:58:00Z").side, board::Side::database);
  EXPECT_LE(outage("database", "2025-12-31T23:58:00Z").since, std::chrono::steady_clock::now() - 2min);
  EXPECT_EQ(outage("a new side", "2025-12-31T23:58:00Z").side, board::Side::hardware) << "one beyond the portal";
  EXPECT_LE(outage("database", "2026-01-01T00:10:00Z").since, std::chrono::steady_clock::now());
  EXPECT_EQ(fold("status", R"({"outage":null})"), "");
  EXPECT_FALSE(board_.state()->outage);
}

TEST_F(FolderTest, SetsComeInTheOrderOfTheirNames) {
  const core::Sets sets{{"a", {"p/\"quoted\"", "p/*"}}, {"b", {"q/x"}}};
  std::string text;
  board::State state;
  state.sets = std::make_shared<const core::Sets>(sets);
  state.dead_letters = 3;
  append_sets(text, state);
  EXPECT_EQ(text,
            "event: sets\ndata: {\"sets\":[{\"name\":\"a\",\"choices\":[\"p/\\\"quoted\\\"\",\"p/*\"]},"
            "{\"name\":\"b\",\"choices\":[\"q/x\"]}],\"dead_letters\":3}\n\n");
  fold_text(text);
  EXPECT_EQ(*board_.state()->sets, sets);
  EXPECT_EQ(board_.state()->dead_letters, 3U);
  EXPECT_EQ(fold("sets", R"({"sets":[{"name":"z","choices":[],"more":1},{"name":"y","choices":["new: syntax"]}]})"),
            "");
  EXPECT_EQ(*board_.state()->sets, (core::Sets{{"y", {"new: syntax"}}, {"z", {}}})) << "of a newer service";
  EXPECT_EQ(board_.state()->dead_letters, 0U) << "of an older service";
  for (const char* bad :
       {"{}", R"({"sets":{}})", R"({"sets":[{"name":"a"}]})", R"({"sets":[{"name":1,"choices":[]}]})"})
    EXPECT_NE(fold("sets", bad), "") << bad;
  EXPECT_EQ(board_.state()->sets->size(), 2U) << "what cannot be read changes nothing";
  text.clear();
  append_sets(text, board::State());
  fold_text(text);
  EXPECT_TRUE(board_.state()->sets->empty());
}

TEST_F(FolderTest, AChangeIsOfTheBoardsOwnEpoch) {
  fill(many_rows(3), {"e", 3});
  EXPECT_EQ(fold("change", change(), "other-4"), "a change of another epoch");
  EXPECT_EQ(fold("change", change(), "e"), "a change of another epoch") << "no version at all";
  EXPECT_EQ(board_.rows().size(), 3U);
  EXPECT_EQ(board_.state()->version, (core::Version{"e", 3}));
  EXPECT_EQ(fold("change", change(), "e-4"), "");
  EXPECT_EQ(board_.rows().size(), 2U);
  EXPECT_EQ(board_.state()->version, (core::Version{"e", 4}));
  EXPECT_EQ(board_.state()->since({"e", 3})->removed.front().revision, 4);
}

TEST_F(FolderTest, RowsThatOnlyGrewOldSetTheClock) {
  fill(many_rows(1), {"e", 1});
  const auto before = board_.state();
  std::string text;
  append_change(text, {.rows = before->snapshot.slice(0, 1), .removed = {}}, nullptr, kNow + 10min);
  fold_text(text);
  const auto after = board_.state();
  EXPECT_EQ(after->version, before->version);
  EXPECT_GE(after->now(std::chrono::steady_clock::now()), kNow + 10min);
}

TEST_F(FolderTest, WhatIsUnknownIsLeftAlone) {
  fill(many_rows(1), {"e", 1});
  EXPECT_EQ(fold("view", "{}", "e-9"), "");
  EXPECT_EQ(fold("message", "no JSON"), "");
  EXPECT_EQ(fold("snapshot", R"({"phase":"begin","epoch":"e","revision":7,"total":1,"now":"today"})"),
            "'now' is not an RFC 3339 time");
  EXPECT_NE(fold("change", "no JSON", "e-2"), "");
  EXPECT_EQ(board_.state()->version, (core::Version{"e", 1}));
}

}  // namespace
}  // namespace feed
