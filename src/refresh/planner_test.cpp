#include "refresh/planner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/rows.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

core::RowPtr row(std::string provider, std::string name, std::string_view probe) {
  core::Row row = support::pending_row(1, std::move(name), 1);
  row.profile.key.provider = std::move(provider);
  row.probe = probe;
  return support::share(std::move(row));
}

std::vector<core::RowPtr> one(std::string provider, std::string name, std::string_view probe) {
  return {row(std::move(provider), std::move(name), probe)};
}

const Planner kPlanner({{.name = "gpu", .match = {"our-*", "gpu*"}, .ttl = 5s},
                        {.name = "ours", .match = {"our-*", "*"}, .ttl = 60s}});

TEST(Planner, TheFirstMatchWins) {
  EXPECT_EQ(kPlanner.probe_of({"our-cluster", "gpu-a100"})->name, "gpu");
  EXPECT_EQ(kPlanner.probe_of({"our-cluster", "cpu"})->name, "ours");
  EXPECT_EQ(kPlanner.probe_of({"Amazon", "gpu"}), nullptr);
}

TEST(Planner, NewRowsGetTheirProbe) {
  const auto plan = kPlanner.plan(one("our-cluster", "gpu", ""), false);
  ASSERT_THAT(plan, SizeIs(1));
  EXPECT_EQ(plan[0].probe, "gpu");
  EXPECT_EQ(plan[0].ttl, 5s);
  const auto none = kPlanner.plan(one("Amazon", "c5", ""), false);
  ASSERT_THAT(none, SizeIs(1));
  EXPECT_EQ(none[0].probe, core::kNoProbe);
}

TEST(Planner, TellsWhetherTheTaskIsOneForAllProfiles) {
  const Planner planner({{.name = "cluster", .kind = "slurm", .match = {"our-*", "*"}}, {.name = "each"}});
  EXPECT_TRUE(planner.plan(one("our-cluster", "gpu", ""), false).at(0).batched);
  EXPECT_FALSE(planner.plan(one("Amazon", "c5", ""), false).at(0).batched);
}

TEST(Planner, RowsOfAnotherConfigurationChangeOnlyWhenAllArePlanned) {
  EXPECT_THAT(kPlanner.plan(one("our-cluster", "gpu", "older"), false), IsEmpty());
  EXPECT_THAT(kPlanner.plan(one("our-cluster", "gpu", "older"), true), SizeIs(1));
  EXPECT_THAT(kPlanner.plan(one("our-cluster", "gpu", "gpu"), true), IsEmpty());
  EXPECT_THAT(kPlanner.plan(one("Amazon", "c5", std::string(core::kNoProbe)), true), IsEmpty());
}

}  // namespace
}  // namespace refresh
