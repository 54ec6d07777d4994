// The service takes the demand of portals.
#include "hardware/demand.hpp"

#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <numeric>

#include "support/hardware_service.hpp"

namespace hardware {
namespace {

using namespace std::chrono_literals;
using support::eventually;
using testing::HasSubstr;

class DemandTest : public ServiceTest {
 protected:
  static constexpr std::size_t kMostOfPortal = Demand::kMostOfPortal;

  void configure(config::Refresh refresh, std::vector<config::Budget> budget = {}) {
    config::Config next = config_;
    next.probes = {{.name = "paced", .refresh = refresh, .budget = budget, .simulated = {.duration = kTick}}};
    ASSERT_TRUE(support::ready(support::start(runtime_.background(), service_->reload(next))));
  }
  std::string want(const std::string& ids) { return ask("POST", "/hardware/demand", ids, "no token is needed"); }
  /// All have a next run.
  void add_measured(std::size_t count) {
    for (std::size_t i = 1; i <= count; ++i) ASSERT_TRUE(store_.add({"a", fmt::format("b{}", i)}));
    ASSERT_TRUE(eventually([&] {
      const auto rows = store_.load().rows;
      return rows.size() == count && std::ranges::all_of(rows, [](const auto& row) { return row->next.has_value(); });
    }));
  }
  static std::string ids_from(std::size_t first, std::size_t count) {
    std::vector<std::size_t> ids(count);
    std::iota(ids.begin(), ids.end(), first);
    return fmt::format("[{}]", fmt::join(ids, ","));
  }
};

TEST_F(DemandTest, AWantedProfileIsMeasuredSoonAndOften) {
  ASSERT_TRUE(store_.add({"a", "b"}));
  configure({.min = 200ms, .max = 1h});
  ASSERT_TRUE(lists("\"due_reason\":\"quiet\""));
  EXPECT_THAT(want("[1]"), HasSubstr("HTTP/1.1 204"));
  EXPECT_TRUE(lists("\"due_reason\":\"watched\""));
  const auto revision = [&] { return store_.load().rows.front()->revision; };
  const auto before = revision();
  EXPECT_TRUE(eventually([&] { return revision() > before + 5; }));
  EXPECT_THAT(ask("GET", "/hardware/probes"),
              HasSubstr(R"("refresh":{"min":"200ms","max":"1h","watched":1,"watched_period":"200ms"})"));
}

TEST_F(DemandTest, WithoutSuchAProbeNothingIsKept) {
  EXPECT_THAT(want("[1]"), HasSubstr("HTTP/1.1 204"));
  configure({.min = 10ms, .max = 1h});
  ASSERT_TRUE(store_.add({"a", "b"}));
  ASSERT_TRUE(lists("\"due_reason\":\"quiet\""));
  EXPECT_EQ(store_.wants(), 0);
}

TEST_F(DemandTest, ManyRequestsAreOneWrite) {
  configure({.min = 10ms, .max = 1h});
  add_measured(30);
  for (int i = 1; i <= 30; ++i) want(fmt::format("[{}]", i));
  EXPECT_TRUE(eventually([&] { return store_.wanted().size() == 30; }));
  EXPECT_LT(store_.wants(), 15);
}

TEST_F(DemandTest, OfRequestsWithoutEndOnlySomeCount) {
  configure({.min = 1h, .max = 2h});
  add_measured(store::kMostWanted + 1);
  for (std::size_t first = 1; first < 3 * store::kMostWanted; first += kMostOfPortal)
    EXPECT_THAT(want(ids_from(first, kMostOfPortal)), HasSubstr("HTTP/1.1 204"));
  EXPECT_TRUE(eventually([&] { return store_.wanted().size() == store::kMostWanted; }));
}

TEST_F(DemandTest, IdsOfNoProfileTakeNoPlaces) {
  configure({.min = 1h, .max = 2h});
  add_measured(1);
  for (std::size_t first = 1000; first < 1000 + store::kMostWanted; first += kMostOfPortal)
    want(ids_from(first, kMostOfPortal));
  EXPECT_TRUE(eventually([&] {
    want("[1]");
    return store_.wanted() == std::vector<core::ProfileId>{1};
  }));
}

TEST_F(DemandTest, WhatIsNoListOfIdsIsRefused) {
  configure({.min = 1h, .max = 2h});
  add_measured(1);
  for (const char* wrong : {"", "{", "1", "[1,", "[\"1\"]", "[1.5]", "[-1]", "[0]", "[99999999999999999999]", "[[1]]"})
    EXPECT_THAT(want(wrong), testing::AllOf(HasSubstr("HTTP/1.1 400"), HasSubstr("send [1, 2]"))) << wrong;
  EXPECT_THAT(want(ids_from(1, kMostOfPortal + 1)), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(want(std::string(10'000, ' ')), HasSubstr("larger than 8192 bytes"));
  EXPECT_THAT(want("[1, 77]"), HasSubstr("HTTP/1.1 204")) << "one that does not exist is no mistake: it may be gone";
  EXPECT_TRUE(eventually([&] { return store_.wanted() == std::vector<core::ProfileId>{1}; }));
}

TEST_F(DemandTest, AfterALossOfTheDatabaseItIsTakenAgain) {
  ASSERT_TRUE(store_.add({"a", "b"}));
  configure({.min = 200ms, .max = 1h});
  ASSERT_TRUE(lists("\"due_reason\":\"quiet\""));
  store_.lose(true);
  EXPECT_THAT(want("[1]"), HasSubstr("HTTP/1.1 204"));
  store_.lose(false);
  want("[1]");
  EXPECT_TRUE(lists("\"due_reason\":\"watched\""));
}

TEST_F(DemandTest, CallsOfADayAreAtMostThoseOfTheShortestPeriodAndTheBudget) {
  ASSERT_TRUE(store_.add({"a", "b"}));
  configure({.min = 10s, .max = 1h});
  const auto says = [&](std::string_view calls) {
    return eventually(
        [&] { return ask("GET", "/hardware/probes").contains(fmt::format("\"calls_a_day\":{},", calls)); });
  };
  EXPECT_TRUE(says("8640"));
  configure({.min = 10s, .max = 1h}, {{100, 1h}});
  EXPECT_TRUE(says("2400"));
}

}  // namespace
}  // namespace hardware
