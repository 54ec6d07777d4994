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

State state_of(core::Snapshot snapshot, std::uint64_t sequence, base::Time now = kNow) {
  State state;
  state.snapshot = std::move(snapshot);
  state.sequence = sequence;
  state.source_now = now;
  state.steady_now = std::chrono::steady_clock::now();
  return state;
}

TEST(Overview, FollowsChangesAndAge) {
  OverviewCache cache;
  core::Snapshot snapshot(support::many_rows(1000));
  EXPECT_EQ(cache.get(state_of(snapshot, 1)).counts, state_of(snapshot, 1).counts(kNow));
  core::Row other = measured_row(1001, "a", 1001, core::Level::low);
  other.profile.key.provider = "a";
  other.failure = core::Failure{"no", kNow};
  other.reading->changed = core::LevelChange{core::Level::high, kNow - 59min};
  snapshot = snapshot.with(
      {.rows = {share(other), share(measured_row(500, "000500", 1002, core::Level::medium))}, .removed = {{7, 1003}}});
  const Overview& changed = cache.get(state_of(snapshot, 2));
  EXPECT_EQ(changed.counts, state_of(snapshot, 2).counts(kNow));
  EXPECT_EQ(changed.counts,
            (Counts{.high = 998, .medium = 1, .low = 1, .fresh = 1000, .failing = 1, .changed = 1, .total = 1000}));
  EXPECT_THAT(changed.providers, ElementsAre("a", "p"));
  EXPECT_THAT(changed.failing_probes, ElementsAre("test"));
  const base::Time later = kNow + 2min;
  EXPECT_EQ(cache.get(state_of(snapshot, 3, later)).counts, state_of(snapshot, 3, later).counts(later));
  EXPECT_EQ(cache.get(state_of(snapshot, 3, later)).counts.fresh, 0U);
  EXPECT_EQ(cache.get(state_of(snapshot, 3, later)).counts.changed, 0U) << "more than an hour ago";
  EXPECT_EQ(cache.get(state_of({}, 4)).counts, Counts());
}

}  // namespace
}  // namespace board
