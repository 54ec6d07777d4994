#include "refresh/pace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/rows.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

config::ProbeConfig probe(std::vector<config::Budget> budget = {}) {
  return {.name = "metered", .refresh = {.min = 30s, .max = 15min}, .budget = std::move(budget)};
}

/// Runs in an hour, at a period.
double hourly(base::Duration period) {
  return std::chrono::duration<double>(1h) / std::chrono::duration<double>(period);
}

TEST(Pace, WithoutLimitsEachWishIsGranted) {
  const Pace pace = pace_of(probe(), {.tasks = 1000, .watched = 500, .changed_rate = 30});
  EXPECT_EQ(pace.rule.watched, 1);
  EXPECT_EQ(pace.rule.changed, 1);
  EXPECT_EQ(watched_period(pace.rule), 30s);
}

TEST(Pace, WhatIsLeftBeyondThePromiseGoesToTheWatchedOnesFirst) {
  // 20 profiles have 80 runs in an hour. Of 200 runs 180 are planned for, so 100 are left.
  const auto pace = [](std::size_t watched, double changed) {
    return pace_of(probe({{200, 1h}}), {.tasks = 20, .watched = watched, .changed_rate = changed / 3600});
  };
  EXPECT_NEAR(hourly(watched_period(pace(1, 500).rule)), 4 + 100, 0.1);
  EXPECT_NEAR(hourly(watched_period(pace(4, 500).rule)), 4 + 25, 0.1);
  EXPECT_EQ(pace(1, 500).rule.changed, 0);
  EXPECT_NEAR(pace(0, 500).rule.changed, 0.2, 1e-6);
  EXPECT_NEAR(pace(0, 500).promised * 3600, 80, 1e-6);
}

TEST(Pace, TheTightestLimitCounts) {
  const Pace pace = pace_of(probe({{200, 1h}, {480, 24h}}), {.tasks = 1, .watched = 1});
  EXPECT_NEAR(hourly(watched_period(pace.rule)), 18, 0.1);
}

TEST(Pace, WithoutRoomAllHaveTheLongestPeriod) {
  const Pace pace = pace_of(probe({{10, 1h}}), {.tasks = 20, .watched = 1, .changed_rate = 1});
  EXPECT_EQ(watched_period(pace.rule), 15min);
  EXPECT_EQ(pace.rule.changed, 0);
}

TEST(Pace, BeforeItHasCountedItPromisesEverything) {
  EXPECT_EQ(watched_period(cautious_pace(probe({{10, 1h}})).rule), 15min);
  EXPECT_EQ(watched_period(cautious_pace(probe()).rule), 30s);
}

core::RowPtr row(core::ProfileId id, std::optional<core::NextRun> next, std::string_view name = "metered") {
  core::Row row = support::measured_row(id, std::to_string(id), id, core::Level::high);
  row.probe = name;
  if (next) row.next = *next;
  return support::share(std::move(row));
}

TEST(Pace, WatchedRowsThatAreDueTooLateAreHastened) {
  const core::NextRun late{kNow + 10min, core::DueReason::quiet}, soon{kNow + 100ms, core::DueReason::quiet};
  const core::Snapshot rows({row(1, late), row(2, late), row(3, soon), row(4, {}), row(5, late, "other")});
  const auto watched = std::make_shared<const Watched>(Watched{1, 3, 4, 5, 77});
  const std::vector<config::ProbeConfig> probes{probe(), {.name = "other"}};
  const auto all = demanded_of(probes, rows, watched, kNow);
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_THAT(all.at("metered").late, ElementsAre(1));
  EXPECT_EQ(all.at("metered").watched, 3U);
  EXPECT_EQ(all.at("metered").pace.watched, watched);
  EXPECT_NEAR(all.at("metered").pace.promised, 4.0 / 900, 1e-9);
}

TEST(Pace, ABatchIsOneTask) {
  config::ProbeConfig batch = probe({{20, 1h}});
  batch.kind = "slurm";
  const core::NextRun late{kNow + 10min, core::DueReason::quiet};
  const core::Snapshot rows({row(1, late), row(2, late), row(3, late)});
  const auto all = demanded_of(std::vector{batch}, rows, std::make_shared<const Watched>(Watched{1, 2}), kNow);
  EXPECT_NEAR(all.at("metered").pace.promised, 1.0 / 900, 1e-9);
  EXPECT_NEAR(hourly(watched_period(all.at("metered").pace.rule)), 18, 0.1);
}

TEST(Pace, ProbesWithOnePeriodHaveNone) {
  EXPECT_THAT(demanded_of(std::vector<config::ProbeConfig>{{.name = "other"}}, core::Snapshot({row(1, {}, "other")}),
                          std::make_shared<const Watched>(), kNow),
              IsEmpty());
}

}  // namespace
}  // namespace refresh
