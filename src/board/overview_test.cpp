#include "board/overview.hpp"

#include <gmock/gmock.h>

#include "support/rows.hpp"

namespace board {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using support::measured_row;
using support::share;
using testing::ElementsAre;

State state_of(core::Snapshot snapshot, std::uint64_t sequence) {
  State state;
  state.snapshot = std::move(snapshot);
  state.sequence = sequence;
  return state;
}

TEST(Overview, FollowsChanges) {
  OverviewCache cache;
  core::Snapshot snapshot(support::many_rows(1000));
  EXPECT_EQ(cache.get(state_of(snapshot, 1), kNow).counts, state_of(snapshot, 1).counts(kNow));
  core::Row other = measured_row(1001, "a", 1001, core::Level::low);
  other.profile.key.provider = "a";
  other.probe = "failing";
  other.failure = core::Failure{"no", kNow};
  other.reading->changed = core::LevelChange{core::Level::high, kNow - 59min};
  snapshot = snapshot.with(
      {.rows = {share(other), share(measured_row(500, "000500", 1002, core::Level::medium))}, .removed = {{7, 1003}}});
  const Overview& changed = cache.get(state_of(snapshot, 2), kNow);
  EXPECT_EQ(changed.counts, state_of(snapshot, 2).counts(kNow));
  EXPECT_EQ(changed.counts,
            (Counts{.high = 998, .medium = 1, .low = 1, .fresh = 1000, .failing = 1, .changed = 1, .total = 1000}));
  EXPECT_THAT(changed.providers, ElementsAre("a", "p"));
  EXPECT_THAT(changed.failing_probes, ElementsAre("failing"));
  EXPECT_EQ(cache.get(state_of(snapshot, 3), kNow + 1min).counts.changed, 0U) << "an hour ago";
  EXPECT_EQ(cache.get(state_of({}, 4), kNow).counts, Counts());
}

TEST(Overview, FollowsAge) {
  OverviewCache cache;
  const core::Snapshot snapshot(support::many_rows(1000));
  std::uint64_t sequence = 0;
  const auto fresh = [&](base::Time now) { return cache.get(state_of(snapshot, ++sequence), now).counts.fresh; };
  EXPECT_EQ(fresh(kNow), 1000U);
  EXPECT_EQ(fresh(kNow + 1min - 1us), 1000U);
  EXPECT_EQ(fresh(kNow + 1min), 0U);
  EXPECT_EQ(cache.get(state_of(snapshot, sequence), kNow + 10min).counts.expired, 0U) << "the same state";
  EXPECT_EQ(cache.get(state_of(snapshot, ++sequence), kNow + 10min).counts.expired, 1000U);
}

}  // namespace
}  // namespace board
