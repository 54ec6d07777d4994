// Which calls get Azure's scores, and how many that are.
#include "probe/azure_plan.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "probe/kinds.hpp"

namespace probe {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

std::set<AzureCell> cells(int sizes, int regions) {
  std::set<AzureCell> out;
  for (int size = 0; size < sizes; ++size)
    for (int region = 0; region < regions; ++region)
      out.insert({fmt::format("s{:03}", size), fmt::format("r{:02}", region)});
  return out;
}

TEST(AzurePlan, PutsSizesAndRegionsIntoFewCalls) {
  EXPECT_THAT(plan_calls({{"b", "y"}, {"a", "y"}, {"a", "x"}, {"b", "x"}}),
              ElementsAre(AzureAsk{{"a", "b"}, {"x", "y"}}));
  EXPECT_THAT(plan_calls({{"a", "x"}, {"b", "y"}}), ElementsAre(AzureAsk{{"a"}, {"x"}}, AzureAsk{{"b"}, {"y"}}));
  EXPECT_TRUE(plan_calls({}).empty());
}

TEST(AzurePlan, CoversEachCellOnceWithinTheLimits) {
  const auto wanted = cells(13, 11);
  std::multiset<AzureCell> covered;
  for (const AzureAsk& ask : plan_calls(wanted)) {
    EXPECT_LE(ask.sizes.size(), 5U);
    EXPECT_LE(ask.regions.size(), 8U);
    for (const AzureCell& cell : ask.cells()) covered.insert(cell);
  }
  EXPECT_EQ(covered, std::multiset<AzureCell>(wanted.begin(), wanted.end()));
}

TEST(AzurePace, TakesTheLeastUsedPlaceAndForgetsAfterAnHour) {
  AzurePace pace(2);
  const base::SteadyTime now{};
  EXPECT_EQ(pace.take({"x", "y"}, now), "x");
  EXPECT_EQ(pace.take({"x", "y"}, now), "y");
  EXPECT_EQ(pace.take({"x"}, now), "x");
  EXPECT_EQ(pace.take({"x"}, now), "");
  EXPECT_EQ(pace.take({"x", "y"}, now), "y");
  EXPECT_EQ(pace.take({"x", "y"}, now + 59min), "");
  EXPECT_EQ(pace.take({"x"}, now + 60min), "x");
  EXPECT_EQ(AzurePace(0).take({"x"}, now), "x");
  EXPECT_EQ(AzurePace(0).take({}, now), "");
}

/// Calls in a day of runs every `ttl` for `sizes` in `regions`, and the longest time between two calls for a size.
struct Day {
  int calls = 0;
  base::SteadyTime::duration oldest{};
};
Day day(int sizes, int regions, std::size_t per_hour, std::chrono::minutes ttl) {
  AzurePace pace(per_hour);
  auto asks = plan_calls(cells(sizes, regions));
  std::map<std::string, base::SteadyTime> asked;
  Day out;
  for (base::SteadyTime now{1h}; now < base::SteadyTime{25h}; now += ttl) {
    std::ranges::sort(asks, {}, [&](const AzureAsk& ask) {
      const std::string key = ask.sizes[0] + ask.regions[0];
      return std::pair(asked[key], key);
    });
    for (const AzureAsk& ask : asks) {
      if (pace.take(ask.regions, now).empty()) continue;
      ++out.calls;
      auto& latest = asked[ask.sizes[0] + ask.regions[0]];
      if (latest > base::SteadyTime{}) out.oldest = std::max(out.oldest, now - latest);
      latest = now;
    }
  }
  return out;
}

/// docs/clouds.md has these figures. Practitioners count ten calls an hour at one place.
TEST(AzurePlan, ADayOf300SizesIn20RegionsStaysWithinHalfOfTheLimit) {
  EXPECT_EQ(plan_calls(cells(300, 20)).size(), 180U);
  const Day at_default = day(300, 20, 5, 30min);
  EXPECT_LE(at_default.calls, 20 * 5 * 24);
  EXPECT_LE(at_default.oldest, 150min);
  const Day unlimited = day(300, 20, 0, 30min);
  EXPECT_EQ(unlimited.calls, 180 * 48);
  RecordProperty("calls", at_default.calls);
  RecordProperty("oldest_minutes", static_cast<int>(at_default.oldest / 1min));
}

TEST(AzurePlan, AProbeTellsTheCallsOfItsDayBesideTheLimit) {
  config::ProbeConfig config{.name = "azure", .kind = "azure", .ttl = 30min};
  for (int i = 0; i < 20; ++i) config.azure.regions.push_back(fmt::format("Region{}", i));
  std::vector<core::Profile> profiles;
  for (int i = 0; i < 300; ++i) profiles.push_back({.id = 1, .key = {"Azure", fmt::format("Standard_D{}", i)}});
  const auto calls = [&](std::size_t count) {
    std::vector<const core::Profile*> some;
    for (std::size_t i = 0; i < count; ++i) some.push_back(&profiles[i]);
    const DailyCalls daily = daily_calls(config, some);
    return std::pair(daily.calls, daily.most);
  };
  EXPECT_EQ(calls(300), std::pair(2400.0, 4800.0)) << "half, whatever there is to ask for";
  EXPECT_EQ(calls(40), std::pair(24 * 48.0, 4800.0));
  EXPECT_EQ(calls(0), std::pair(0.0, 0.0));
  config.azure.calls_per_hour = 0;
  EXPECT_EQ(calls(300), std::pair(180 * 48.0, 4800.0));
}

}  // namespace
}  // namespace probe
