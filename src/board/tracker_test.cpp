#include "board/tracker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/rows.hpp"

namespace board {
namespace {

using namespace std::chrono_literals;
using core::Level;
using support::kNow;
using support::measured_row;
using support::share;
using testing::ElementsAre;
using testing::IsEmpty;

core::Condition condition(std::vector<std::string> patterns, bool all = false, base::Duration hold = 0s) {
  core::Condition out{.all = all, .hold = hold};
  for (const auto& text : patterns) out.patterns.push_back(core::parse_pattern(text).value());
  return out;
}

/// A board to which the test delivers, as a board would.
class TrackerTest : public testing::Test {
 protected:
  void fill(std::vector<core::RowPtr> rows) {
    auto update = std::make_shared<Update>();
    update->reset = true;
    deliver(core::Snapshot(std::move(rows)), std::move(update));
  }
  void apply(core::Change change) {
    auto update = std::make_shared<Update>();
    update->change = change;
    deliver(board_.current()->snapshot.with(change), std::move(update));
  }
  void put(core::Row row) { apply({.rows = {share(std::move(row))}, .removed = {}}); }
  void put(core::ProfileId id, const std::string& name, Level level, base::Time at) {
    put(measured_row(id, name, ++revision_, level, at));
  }

  static std::vector<std::string> names(const Tracker& tracker, base::Time now, bool satisfying = true) {
    std::vector<std::string> out;
    for (const auto& match : tracker.matches(now, satisfying)) out.push_back(match.row->profile.key.name);
    return out;
  }
  bool satisfied(Tracker& tracker, base::Time now) {
    tracker.advance(board_, now);
    return tracker.judge(now).satisfied;
  }

  boost::asio::io_context context_;
  CoreBoard board_{context_.get_executor()};

 private:
  void deliver(core::Snapshot snapshot, std::shared_ptr<Update> update) {
    auto state = std::make_shared<State>();
    state->snapshot = std::move(snapshot);
    state->sequence = board_.current()->sequence + 1;
    state->filled = true;
    update->sequence = state->sequence;
    auto recent = std::make_shared<std::vector<UpdatePtr>>(*board_.current()->recent);
    recent->push_back(update);
    state->recent = std::move(recent);
    board_.deliver(std::move(state), update);
  }

  core::Revision revision_ = 100;
};

TEST_F(TrackerTest, AnyIsSatisfiedByOneAndTellsWhich) {
  Tracker tracker(condition({"p/a", "p/b*"}));
  EXPECT_FALSE(satisfied(tracker, kNow)) << "not filled";
  fill({share(measured_row(1, "a", 1, Level::low)), share(measured_row(2, "b1", 2, Level::low)),
        share(measured_row(3, "c", 3, Level::high))});
  EXPECT_FALSE(satisfied(tracker, kNow));
  EXPECT_THAT(names(tracker, kNow, false), ElementsAre("a", "b1"));
  put(2, "b1", Level::medium, kNow);
  EXPECT_TRUE(satisfied(tracker, kNow));
  EXPECT_THAT(names(tracker, kNow), ElementsAre("b1"));
  put(2, "b1", Level::low, kNow);
  EXPECT_FALSE(satisfied(tracker, kNow));
  put(4, "b2", Level::high, kNow);
  EXPECT_TRUE(satisfied(tracker, kNow)) << "a profile that was added";
  apply({.rows = {}, .removed = {{4, 200}}});
  EXPECT_FALSE(satisfied(tracker, kNow));
  put(measured_row(3, "a2", 300, Level::high));
  EXPECT_FALSE(satisfied(tracker, kNow)) << "matches none";
}

TEST_F(TrackerTest, AllNeedsEveryMatchAndAMatchForEachPattern) {
  Tracker tracker(condition({"p/a", "p/b*"}, true));
  fill({});
  EXPECT_FALSE(satisfied(tracker, kNow));
  EXPECT_THAT(tracker.unmatched(), ElementsAre("p/a", "p/b*"));
  put(1, "a", Level::high, kNow);
  EXPECT_FALSE(satisfied(tracker, kNow));
  EXPECT_THAT(tracker.unmatched(), ElementsAre("p/b*"));
  put(2, "b1", Level::high, kNow);
  EXPECT_TRUE(satisfied(tracker, kNow));
  EXPECT_THAT(names(tracker, kNow), ElementsAre("a", "b1"));
  put(3, "b2", Level::low, kNow);
  EXPECT_FALSE(satisfied(tracker, kNow));
  put(measured_row(3, "other", 300, Level::low));
  EXPECT_TRUE(satisfied(tracker, kNow)) << "renamed, it matches no more";
  apply({.rows = {}, .removed = {{2, 301}}});
  EXPECT_FALSE(satisfied(tracker, kNow));
}

TEST_F(TrackerTest, WhatIsNotFreshNeverSatisfies) {
  Tracker tracker(condition({"p/*"}));
  fill({share(measured_row(1, "stale", 1, Level::high, kNow - 1min)), share(support::pending_row(2, "pending", 2)),
        share(measured_row(3, "expired", 3, Level::high, kNow - 1h)),
        share(measured_row(4, "unknown", 4, Level::unknown))});
  EXPECT_FALSE(satisfied(tracker, kNow));
  put(2, "pending", Level::high, kNow);
  EXPECT_TRUE(satisfied(tracker, kNow + 1min - 1us));
  EXPECT_FALSE(satisfied(tracker, kNow + 1min)) << "it grows old by itself";
}

TEST_F(TrackerTest, WhatIsFromTheFutureNeverSatisfies) {
  Tracker tracker(condition({"p/*"}));
  fill({share(measured_row(1, "a", 1, Level::high, kNow))});
  EXPECT_TRUE(satisfied(tracker, kNow));
  EXPECT_FALSE(satisfied(tracker, kNow - 10min)) << "the clock was set back";
  put(1, "a", Level::high, kNow + 10s);
  EXPECT_FALSE(satisfied(tracker, kNow - 10min));
  EXPECT_THAT(names(tracker, kNow - 10min), IsEmpty());
  EXPECT_TRUE(satisfied(tracker, kNow + 5s)) << "clocks may differ a little";
  put(1, "a", Level::high, kNow - 10min);
  EXPECT_TRUE(satisfied(tracker, kNow - 10min)) << "measured anew, by the clock that is";
}

TEST_F(TrackerTest, ARowThatIsRenamedLosesItsHold) {
  Tracker tracker(condition({"p/*"}, false, 2min));
  fill({share(measured_row(1, "a", 1, Level::high))});
  EXPECT_FALSE(satisfied(tracker, kNow));
  put(1, "b", Level::high, kNow + 50s);
  EXPECT_FALSE(satisfied(tracker, kNow + 50s));
  EXPECT_EQ(tracker.judge(kNow + 50s).next, kNow + 170s) << "it is another profile, from its first reading on";
  put(1, "b", Level::high, kNow + 100s);
  EXPECT_FALSE(satisfied(tracker, kNow + 2min));
}

TEST_F(TrackerTest, HoldsForAsLongAsItIsAsked) {
  Tracker tracker(condition({"p/*"}, false, 2min));
  fill({share(measured_row(1, "a", 1, Level::high))});
  EXPECT_FALSE(satisfied(tracker, kNow + 10s));
  EXPECT_EQ(tracker.judge(kNow + 10s).next, kNow + 2min);
  put(1, "a", Level::high, kNow + 50s);
  put(1, "a", Level::medium, kNow + 100s);
  EXPECT_FALSE(satisfied(tracker, kNow + 2min - 1us));
  EXPECT_TRUE(satisfied(tracker, kNow + 2min));
  EXPECT_EQ(tracker.matches(kNow + 2min, true).at(0).hold->since, kNow);
}

TEST_F(TrackerTest, AnInterruptionStartsTheTimeAnew) {
  Tracker tracker(condition({"p/*"}, false, 2min));
  fill({share(measured_row(1, "a", 1, Level::high))});
  EXPECT_FALSE(satisfied(tracker, kNow));
  // Both in one look: the first must not be missed.
  put(1, "a", Level::low, kNow + 50s);
  put(1, "a", Level::high, kNow + 60s);
  EXPECT_FALSE(satisfied(tracker, kNow + 60s));
  EXPECT_EQ(tracker.judge(kNow + 60s).next, kNow + 3min);
  EXPECT_FALSE(tracker.judge(kNow + 121s).next) << "stale";
  put(1, "a", Level::high, kNow + 121s);
  EXPECT_FALSE(satisfied(tracker, kNow + 121s));
  EXPECT_EQ(tracker.judge(kNow + 121s).next, kNow + 241s) << "ageing interrupted it";
}

TEST_F(TrackerTest, AnyHoldsForOneAndTheSameProfile) {
  Tracker any(condition({"p/*"}, false, 70s)), all(condition({"p/*"}, true, 70s));
  fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "b", 2, Level::low))});
  EXPECT_FALSE(satisfied(any, kNow));
  put(1, "a", Level::low, kNow + 40s);
  put(2, "b", Level::high, kNow + 40s);
  EXPECT_FALSE(satisfied(any, kNow + 70s)) << "one of them was there all the time, but not the same one";
  put(1, "a", Level::high, kNow + 50s);
  put(2, "b", Level::high, kNow + 95s);
  put(1, "a", Level::high, kNow + 105s);
  EXPECT_TRUE(satisfied(any, kNow + 110s));
  EXPECT_THAT(names(any, kNow + 110s), ElementsAre("b"));
  EXPECT_FALSE(satisfied(all, kNow + 110s));
}

TEST_F(TrackerTest, AllHoldsFromTheLatestOn) {
  Tracker all(condition({"p/*"}, true, 50s));
  fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "b", 2, Level::high, kNow + 9s))});
  EXPECT_FALSE(satisfied(all, kNow + 10s));
  EXPECT_EQ(all.judge(kNow + 10s).next, kNow + 59s);
  EXPECT_TRUE(satisfied(all, kNow + 59s));
}

TEST_F(TrackerTest, AnotherTrackerGoesOnWithWhatWasHeld) {
  Tracker first(condition({"p/*"}, false, 2min));
  fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "b", 2, Level::low))});
  EXPECT_FALSE(satisfied(first, kNow + 30s));
  const auto held = parse_held(to_text(first.held(kNow + 30s), kNow + 30s), Tracker::kMostFollowed);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->size(), 1U);
  for (const auto& [measured_at, since] :
       {std::pair(kNow + 50s, kNow), std::pair(kNow + 60s, kNow), std::pair(kNow + 61s, kNow + 61s)}) {
    Tracker second(condition({"p/*"}, false, 2min), *held);
    // Ids are those of another world; the names are what counts.
    fill({share(measured_row(7, "a", 1, Level::high, measured_at))});
    EXPECT_FALSE(satisfied(second, measured_at));
    EXPECT_EQ(second.judge(measured_at).next, since + 2min);
    // A reset is no interruption either.
    fill({share(measured_row(9, "a", 1, Level::high, measured_at + 1s))});
    EXPECT_FALSE(satisfied(second, measured_at + 1s));
    EXPECT_EQ(second.judge(measured_at + 1s).next, since + 2min);
  }
}

TEST_F(TrackerTest, WhatWasCarriedOnIsForTheProfileThatIsThereAtTheBeginning) {
  Tracker tracker(condition({"p/*"}, false, 2min), {{hash_of({"p", "a"}), {kNow - 1min, kNow + 1min}}});
  fill({share(measured_row(1, "a", 1, Level::high))});
  EXPECT_FALSE(satisfied(tracker, kNow));
  EXPECT_EQ(tracker.judge(kNow).next, kNow + 1min);
  apply({.rows = {}, .removed = {{1, 200}}});
  EXPECT_FALSE(satisfied(tracker, kNow));
  put(2, "a", Level::high, kNow + 1s);
  EXPECT_FALSE(satisfied(tracker, kNow + 1s));
  EXPECT_EQ(tracker.judge(kNow + 1s).next, kNow + 1s + 2min) << "one that was added later begins anew";
}

TEST_F(TrackerTest, AfterAResetOnlyWhatIsThereCounts) {
  Tracker any(condition({"p/*"})), all(condition({"p/a", "p/b*"}, true));
  fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "b", 2, Level::high))});
  EXPECT_TRUE(satisfied(any, kNow) && satisfied(all, kNow));
  apply({.rows = {}, .removed = {{2, 200}}});
  EXPECT_FALSE(satisfied(all, kNow));
  EXPECT_THAT(all.unmatched(), ElementsAre("p/b*")) << "it matched before";
  fill({share(measured_row(2, "b", 2, Level::low))});
  EXPECT_FALSE(satisfied(any, kNow));
  EXPECT_THAT(names(any, kNow, false), ElementsAre("b"));
}

TEST_F(TrackerTest, WithoutATimeToHoldNothingIsCarriedOn) {
  Tracker tracker(condition({"p/*"}));
  fill({share(measured_row(1, "a", 1, Level::high))});
  EXPECT_TRUE(satisfied(tracker, kNow));
  EXPECT_THAT(tracker.held(kNow), IsEmpty());
}

TEST_F(TrackerTest, WhoFellBehindLooksAtAllRowsAgain) {
  Tracker tracker(condition({"p/*"}, false, 1h));
  fill({share(measured_row(1, "a", 1, Level::high))});
  EXPECT_FALSE(satisfied(tracker, kNow));
  for (int i = 1; i <= 300; ++i) put(2, "b", Level::low, kNow);
  put(1, "a", Level::high, kNow + 1s);
  EXPECT_FALSE(satisfied(tracker, kNow + 1s));
  EXPECT_EQ(tracker.judge(kNow + 1s).next, kNow + 1h);
  EXPECT_THAT(names(tracker, kNow, false), ElementsAre("a", "b"));
}

TEST_F(TrackerTest, FollowsNoMoreThanItMustAndThoseThatSatisfyFirst) {
  std::vector<core::RowPtr> rows;
  for (int i = 1; i <= 2000; ++i)
    rows.push_back(share(measured_row(i, fmt::format("{:06}", i), i, i > 1900 ? Level::high : Level::low)));
  fill(std::move(rows));
  Tracker any(condition({"p/*", "p/000800", "q/x"})), all(condition({"p/*"}, true));
  EXPECT_TRUE(satisfied(any, kNow));
  EXPECT_EQ(names(any, kNow).size(), 100U);
  EXPECT_EQ(names(any, kNow, false).size(), Tracker::kMostFollowed);
  EXPECT_TRUE(any.overflowed());
  EXPECT_THAT(any.unmatched(), ElementsAre("q/x"));
  EXPECT_FALSE(satisfied(all, kNow));
  EXPECT_TRUE(all.overflowed());
  put(700, "000700", Level::high, kNow);
  EXPECT_TRUE(satisfied(any, kNow));
  EXPECT_EQ(names(any, kNow).size(), 101U);
}

TEST_F(TrackerTest, AllIsNotSatisfiedWhereMoreMatchThanAreFollowed) {
  Tracker all(condition({"p/*"}, true));
  fill(support::many_rows(600));
  EXPECT_FALSE(satisfied(all, kNow)) << "of some nobody knows";
  EXPECT_TRUE(all.overflowed());
  fill(support::many_rows(Tracker::kMostFollowed));
  EXPECT_TRUE(satisfied(all, kNow));
  EXPECT_FALSE(all.overflowed());
}

TEST_F(TrackerTest, TheLongestHoldsAreCarriedOnWhereOneSuffices) {
  std::vector<core::RowPtr> rows;
  for (int i = 0; i < 150; ++i)
    rows.push_back(share(measured_row(i + 1, fmt::format("{:03}", i), 1, Level::high, kNow - i * 300ms)));
  fill(std::move(rows));
  Tracker any(condition({"p/*"}, false, 1h)), all(condition({"p/*"}, true, 1h));
  EXPECT_FALSE(satisfied(any, kNow) || satisfied(all, kNow));
  EXPECT_EQ(all.held(kNow).size(), 150U) << "all of them are needed";
  const Held held = any.held(kNow);
  EXPECT_EQ(held.size(), 100U);
  for (const auto& [hash, hold] : held) EXPECT_LE(hold.since, kNow - 50 * 300ms);
}

TEST_F(TrackerTest, RowsThatAreNoLongerFreshTakeNoPlaceFromThoseThatAre) {
  std::vector<core::RowPtr> rows;
  for (int i = 1; i <= 600; ++i) rows.push_back(share(measured_row(i, fmt::format("{:06}", i), i, Level::high)));
  const base::Time later = rows.front()->reading->stale_at + 1s;
  rows.push_back(share(measured_row(1000, "z", 1000, Level::high, later)));
  fill(rows);
  Tracker scanned(condition({"p/*"}));
  EXPECT_TRUE(satisfied(scanned, later));
  EXPECT_THAT(names(scanned, later), ElementsAre("z"));
  rows.pop_back();
  fill(rows);
  Tracker told(condition({"p/*"}, false, 1min));
  EXPECT_FALSE(satisfied(told, kNow));
  EXPECT_EQ(told.held(kNow).size(), 100U) << "one suffices, and a URL is no place for all";
  put(1000, "z", Level::high, later);
  EXPECT_FALSE(satisfied(told, later));
  EXPECT_EQ(told.judge(later).next, later + 1min);
}

TEST_F(TrackerTest, RowsThatDoNotSatisfyTakeNoPlaceFromTheFirst) {
  std::vector<core::RowPtr> rows;
  for (int i = 1; i <= 600; ++i) rows.push_back(share(measured_row(i, fmt::format("{:06}", i), i, Level::low)));
  fill(std::move(rows));
  Tracker any(condition({"p/*"}));
  EXPECT_FALSE(satisfied(any, kNow));
  put(601, "000000", Level::low, kNow);
  EXPECT_FALSE(satisfied(any, kNow));
  const auto followed = names(any, kNow, false);
  EXPECT_EQ(followed.size(), Tracker::kMostFollowed);
  EXPECT_EQ(followed.front(), "000001");
  EXPECT_EQ(followed.back(), "000500");
}

TEST_F(TrackerTest, APatternThatMatchesNothingAfterAResetIsTold) {
  Tracker any(condition({"p/*", "q/x"}));
  auto rows = support::many_rows(600);
  core::Row other = measured_row(1000, "x", 1000, Level::low);
  other.profile.key.provider = "q";
  rows.push_back(share(other));
  fill(rows);
  EXPECT_TRUE(satisfied(any, kNow));
  EXPECT_TRUE(any.overflowed());
  EXPECT_THAT(any.unmatched(), IsEmpty()) << "it is there, if not followed";
  rows.pop_back();
  fill(rows);
  EXPECT_TRUE(satisfied(any, kNow));
  EXPECT_THAT(any.unmatched(), ElementsAre("q/x"));
}

}  // namespace
}  // namespace board
