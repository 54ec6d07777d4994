#include "app/commands/changes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "feed/events.hpp"
#include "support/rows.hpp"

namespace app {
namespace {

using namespace std::chrono_literals;
using core::Level;
using support::kNow;
using support::measured_row;
using support::share;
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;

/// Reads what a portal writes.
class ChangesTest : public testing::Test {
 protected:
  std::vector<std::string> lines(const std::string& text) {
    http::SseParser parser;
    std::vector<std::string> out;
    for (const http::SseEvent& event : parser.feed(text))
      for (const Change& change : changes_.fold(event)) {
        out.push_back(to_line(change));
        json_ = to_json(change);
      }
    return out;
  }
  std::vector<std::string> snapshot(const std::vector<core::RowPtr>& rows) {
    std::string text;
    board::State state;
    state.version = {"e", 1};
    feed::append_snapshot_begin(text, state, kNow);
    feed::append_snapshot_rows(text, rows, kNow);
    feed::append_snapshot_end(text, {"e", 1});
    return lines(text);
  }
  std::vector<std::string> change(std::vector<core::Row> rows, base::Time now = kNow,
                                  std::vector<core::Removed> gone = {}) {
    core::Change change;
    for (core::Row& row : rows) change.rows.push_back(share(std::move(row)));
    change.removed = std::move(gone);
    std::string text;
    const core::Version version{"e", 2};
    feed::append_change(text, change, &version, now);
    return lines(text);
  }

  Changes changes_{{core::parse_pattern("p/a*").value()}};
  std::string json_;
};

TEST_F(ChangesTest, FirstTheRowsThenWhatChanges) {
  core::Row row = measured_row(1, "a", 1, Level::low);
  row.reading->free = 1;
  row.reading->total = 8;
  EXPECT_THAT(snapshot({share(row), share(measured_row(2, "b", 2, Level::high))}),
              ElementsAre(base::to_rfc3339(kNow) + "  p/a  LOW  FRESH  1 of 8 free  a test"));
  row.reading->measured_at += 1s;
  row.reading->free = 2;
  EXPECT_THAT(change({row}), IsEmpty()) << "measured anew, the same level";
  row.reading->level = Level::high;
  EXPECT_THAT(change({row, measured_row(2, "b", 3, Level::low)}, kNow + 1s),
              ElementsAre(base::to_rfc3339(kNow + 1s) + "  p/a  LOW → HIGH  FRESH  2 of 8 free  a test"));
  EXPECT_THAT(change({measured_row(3, "a2", 4, Level::medium)}),
              ElementsAre(EndsWith("p/a2  added  MEDIUM  FRESH  a test")));
  EXPECT_THAT(change({}, kNow, {{3, 5}, {2, 5}}), ElementsAre(EndsWith("p/a2  removed")));
  EXPECT_THAT(change({measured_row(1, "x", 6, Level::high)}), ElementsAre(EndsWith("p/a  removed"))) << "renamed";
}

TEST_F(ChangesTest, AgeAndFailuresAreChangesToo) {
  core::Row row = measured_row(1, "a", 1, Level::high);
  snapshot({share(row)});
  row.failure = core::Failure{"no route", kNow};
  EXPECT_THAT(change({row}), ElementsAre(EndsWith("p/a  HIGH  FRESH  failed: no route")));
  row.failure->error = "no route after 17 ms";
  EXPECT_THAT(change({row}), IsEmpty());
  EXPECT_THAT(change({row}, kNow + 1min),
              ElementsAre(EndsWith("p/a  HIGH  FRESH → STALE  failed: no route after 17 ms")));
  row.failure.reset();
  row.reading->measured_at = kNow + 61s;
  row.reading->stale_at = kNow + 2min;
  EXPECT_THAT(change({row}, kNow + 61s), ElementsAre(EndsWith("p/a  HIGH  STALE → FRESH  works again  a test")));
  EXPECT_THAT(change({row}, kNow + 1h), ElementsAre(EndsWith("p/a  HIGH → UNKNOWN  FRESH → EXPIRED  was HIGH")));
}

TEST_F(ChangesTest, ASecondSnapshotTellsOnlyWhatDiffers) {
  snapshot({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "a2", 2, Level::high))});
  EXPECT_THAT(snapshot({share(measured_row(1, "a", 3, Level::medium)), share(measured_row(3, "a3", 3, Level::low))}),
              ElementsAre(EndsWith("p/a  HIGH → MEDIUM  FRESH  a test"), EndsWith("p/a3  added  LOW  FRESH  a test"),
                          EndsWith("p/a2  removed")));
}

TEST_F(ChangesTest, JsonHasTheRowAndWhatItWas) {
  snapshot({share(measured_row(1, "a", 1, Level::high))});
  const auto first = boost::json::parse(json_).as_object();
  EXPECT_EQ(first.at("change"), "current");
  EXPECT_FALSE(first.contains("before"));
  change({measured_row(1, "a", 2, Level::low)});
  const auto second = boost::json::parse(json_).as_object();
  EXPECT_EQ(second.at("change"), "changed");
  EXPECT_EQ(std::string(second.at("now").as_string()), base::to_rfc3339(kNow));
  EXPECT_EQ(boost::json::serialize(second.at("before")),
            R"({"availability":"HIGH","freshness":"FRESH","failed":false})");
  EXPECT_EQ(second.at("row").at("availability"), "LOW");
}

TEST_F(ChangesTest, WhatIsNoEventOfAPortalIsAnError) {
  for (const char* bad :
       {"data: x\n\n", "event: change\ndata: {}\n\n", "event: change\ndata: {\"changed\":[{}],\"removed\":[]}\n\n"})
    EXPECT_ANY_THROW(lines(bad)) << bad;
}

}  // namespace
}  // namespace app
