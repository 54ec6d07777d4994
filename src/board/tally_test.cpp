#include "board/tally.hpp"

#include <gmock/gmock.h>

#include "support/rows.hpp"

namespace board {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using support::measured_row;
using testing::ElementsAre;
using testing::IsEmpty;

core::Row odd_row() {
  core::Row row = measured_row(1001, "a", 1001, core::Level::low);
  row.profile.key.provider = "a";
  row.profile.labels = {{"region", "eu"}};
  row.probe = "failing";
  row.failure = core::Failure{"no", kNow};
  row.reading->changed = core::LevelChange{core::Level::high, kNow - 59min};
  row.reading->price = 1;
  row.reading->recent = *core::RecentLevels::parse("L");
  return row;
}

TEST(Tally, CountsRowsThatComeAndGo) {
  Tally tally;
  for (const core::RowPtr& row : support::many_rows(1000)) tally.add(*row, kNow);
  const Overview before = tally.overview();
  EXPECT_EQ(before.counts, (Counts{.high = 1000, .fresh = 1000, .total = 1000}));
  EXPECT_THAT(before.facets->providers, ElementsAre("p"));
  tally.add(odd_row(), kNow);
  const Overview with = tally.overview();
  EXPECT_EQ(with.counts, (Counts{.high = 1000, .low = 1, .fresh = 1001, .failing = 1, .changed = 1, .total = 1001}));
  EXPECT_THAT(with.facets->providers, ElementsAre("a", "p"));
  EXPECT_THAT(with.facets->labels, ElementsAre("region"));
  EXPECT_THAT(with.facets->failing_probes, ElementsAre("failing"));
  EXPECT_TRUE(with.facets->shown[&core::Measurement::price]);
  EXPECT_FALSE(with.facets->shown[&core::Measurement::score]);
  EXPECT_FALSE(before.facets->recent);
  EXPECT_TRUE(with.facets->recent);
  tally.remove(odd_row(), kNow);
  const Overview after = tally.overview();
  EXPECT_EQ(after.counts, before.counts);
  EXPECT_THAT(after.facets->providers, ElementsAre("p"));
  EXPECT_THAT(after.facets->labels, IsEmpty());
  EXPECT_THAT(after.facets->failing_probes, IsEmpty());
  EXPECT_FALSE(after.facets->shown[&core::Measurement::price]);
  EXPECT_FALSE(after.facets->recent);
}

TEST(Tally, ARowIsTakenOutAsOldAsItWas) {
  Tally tally;
  const core::Row row = measured_row(1, "a", 1, core::Level::high);
  tally.add(row, kNow);
  tally.remove(row, kNow);
  tally.add(row, kNow + 10min);
  EXPECT_EQ(tally.overview().counts, (Counts{.unknown = 1, .expired = 1, .total = 1}));
}

TEST(Tally, SharesTheNamesWhileTheyStayTheSame) {
  Tally tally;
  tally.add(measured_row(1, "a", 1, core::Level::high), kNow);
  const auto names = tally.overview().facets;
  tally.add(measured_row(2, "b", 2, core::Level::high), kNow);
  EXPECT_EQ(tally.overview().facets, names);
  tally.add(odd_row(), kNow);
  EXPECT_NE(tally.overview().facets, names);
}

}  // namespace
}  // namespace board
