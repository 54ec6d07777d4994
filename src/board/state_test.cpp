#include "board/state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "board/board.hpp"
#include "support/eventually.hpp"
#include "support/rows.hpp"

namespace board {
namespace {

using core::Level;
using namespace std::chrono_literals;
using support::kNow;
using support::measured_row;
using support::pending_row;
using support::share;
using testing::ElementsAre;
using testing::IsEmpty;

State sample() {
  State state;
  state.version = {"e", 20};
  state.filled = true;
  state.snapshot =
      core::Snapshot({share(measured_row(1, "a", 5, Level::high)), share(measured_row(2, "b", 15, Level::low)),
                      share(measured_row(3, "c", 20, Level::medium))});
  state.removed = std::make_shared<const std::vector<core::Removed>>(std::vector<core::Removed>{{7, 12}, {8, 18}});
  state.removed_since = 10;
  return state;
}

std::vector<core::ProfileId> changed_since(const State& state, core::Revision revision) {
  std::vector<core::ProfileId> ids;
  const core::Change change = state.since({"e", revision}).value();
  for (const auto& row : change.rows) ids.push_back(row->profile.id);
  return ids;
}

TEST(State, SinceTellsWhatChangedAfterARevision) {
  const State state = sample();
  EXPECT_THAT(changed_since(state, 10), ElementsAre(2, 3));
  EXPECT_THAT(state.since({"e", 10})->removed, ElementsAre(core::Removed{7, 12}, core::Removed{8, 18}));
  EXPECT_THAT(changed_since(state, 15), ElementsAre(3));
  EXPECT_THAT(state.since({"e", 15})->removed, ElementsAre(core::Removed{8, 18}));
  EXPECT_TRUE(state.since({"e", 20})->empty());
}

TEST(State, SinceTellsNothingWhenItCannot) {
  const State state = sample();
  EXPECT_FALSE(state.since({"other", 15})) << "another epoch";
  EXPECT_FALSE(state.since({"e", 9})) << "deletions since are forgotten";
  EXPECT_FALSE(state.since({"e", 21})) << "a revision from the future";
  EXPECT_FALSE(State().since({"e", 0})) << "not filled";
}

TEST(State, SinceTellsNothingToWhoSawALostWorld) {
  State state = sample();
  state.gaps = std::make_shared<const std::vector<core::Gap>>(std::vector<core::Gap>{{11, 15}});
  EXPECT_FALSE(state.since({"e", 12}));
  EXPECT_TRUE(state.since({"e", 11}));
  EXPECT_TRUE(state.since({"e", 15}));
}

TEST(State, CountsAsALevelOnlyWhatCanBeTrusted) {
  State state;
  state.snapshot = core::Snapshot(
      {share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "b", 1, Level::high)),
       share(measured_row(3, "c", 1, Level::medium)), share(measured_row(4, "d", 1, Level::low, kNow - 2min)),
       share(measured_row(5, "e", 1, Level::high, kNow - 1h)), share(pending_row(6, "f", 1))});
  const Counts counts{
      .high = 2, .medium = 1, .stale = 1, .unknown = 2, .fresh = 3, .expired = 1, .pending = 1, .total = 6};
  EXPECT_EQ(state.counts(kNow), counts);
  EXPECT_EQ(State().counts(kNow), Counts());
  const Counts later = state.counts(kNow + 4min);
  EXPECT_EQ(later.high + later.medium + later.low + later.fresh, 0U);
  EXPECT_EQ(later.high + later.medium + later.low + later.stale + later.unknown, later.total);
  EXPECT_EQ(later.stale, 3U);
  EXPECT_EQ(later.expired, 2U);
  EXPECT_EQ(state.counts(kNow - 10min).stale, 4U) << "from the future";
}

/// Deletions that a board keeps and forgets.
class Deletions : public testing::Test {
 protected:
  Deletions() {
    runtime_.start();
    support::on(runtime_.background(), [this] {
      board_.fill({.version = {"e", 10}, .now = kNow, .rows = {}, .removed = {{1, 10}}, .removed_since = 4});
    });
  }

  /// Removes `count` profiles with one change.
  StatePtr remove(core::Revision revision, int count) {
    return support::on(runtime_.background(), [&] {
      core::Change change;
      for (int i = 0; i < count; ++i) change.removed.push_back({revision * 100'000 + i, revision});
      board_.apply(std::move(change), revision, kNow);
      return board_.state();
    });
  }

  base::Runtime runtime_{1};
  Board board_{runtime_};
};

TEST_F(Deletions, AreRememberedAcrossFillAndChanges) {
  const auto state = remove(11, 2);
  EXPECT_EQ(state->since({"e", 4})->removed.size(), 3U);
  EXPECT_EQ(state->since({"e", 10})->removed.size(), 2U);
  EXPECT_FALSE(state->since({"e", 3}));
}

TEST_F(Deletions, WhatTheSourceNeverGaveOutIsKnownAfterFill) {
  const auto state = support::on(runtime_.background(), [this] {
    board_.fill({.version = {"e", 20}, .now = kNow, .rows = {}, .removed = {}, .removed_since = 4, .gaps = {{11, 15}}});
    return board_.state();
  });
  EXPECT_FALSE(state->since({"e", 12}));
  EXPECT_TRUE(state->since({"e", 15}));
}

TEST_F(Deletions, TheOldestAreForgotten) {
  EXPECT_TRUE(remove(11, 5'000)->since({"e", 4}));
  const auto full = remove(12, 4'999);
  EXPECT_TRUE(full->since({"e", 4})) << "10,000 are kept";
  const auto over = remove(13, 1);
  EXPECT_FALSE(over->since({"e", 9})) << "the deletion of revision 10 is forgotten";
  EXPECT_EQ(over->since({"e", 10})->removed.size(), 10'000U);
  const auto more = remove(14, 5'000);
  EXPECT_FALSE(more->since({"e", 10}));
  EXPECT_EQ(more->since({"e", 11})->removed.size(), 10'000U);
}

TEST_F(Deletions, AProfileThatIsDeletedLeavesTheSnapshot) {
  const auto state = support::on(runtime_.background(), [this] {
    board_.apply({.rows = {share(pending_row(5, "a", 11)), share(pending_row(6, "b", 11))}, .removed = {}}, 11, kNow);
    board_.apply({.rows = {}, .removed = {{5, 12}}}, 12, kNow);
    return board_.state();
  });
  EXPECT_EQ(state->snapshot.size(), 1U);
  EXPECT_FALSE(state->snapshot.find({"p", "a"}));
  EXPECT_EQ(state->version.revision, 12);
}

}  // namespace
}  // namespace board
