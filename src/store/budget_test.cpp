// How the database counts the runs of budgets.
#include "store/budget.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "support/database_store.hpp"
#include "support/eventually.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

class BudgetTest : public DatabaseStoreTest {};

/// Spans that are longer than a new one, and than a 64th of their age at the time that follows.
const std::string kTooLong =
    "SELECT COUNT(*) FROM budget_use WHERE ends - begins > 1048576 AND (ends - begins) * 64 + ends > ";

TEST_P(BudgetTest, SpansOfRunsStayFewAndCountEveryWindow) {
  const auto store = open();
  store->prepare("p", 60s, false);
  const std::vector<Limit> limits{{1'000'000, 24h}};
  for (int i = 0; i < 1500; ++i) {
    ASSERT_TRUE(store->spend("p", limits));
    if (i % 10 == 0) EXPECT_EQ(number(kTooLong + std::to_string(clock_.wall_now().time_since_epoch().count())), 0);
    clock_.advance(40s);
  }
  EXPECT_LT(number("SELECT COUNT(*) FROM budget_use"), 500);
  EXPECT_EQ(number("SELECT SUM(calls) FROM budget_use"), 1500);
  const auto left = [&](Limit limit) {
    return store->claim({.probe = "p", .owner = "a", .count = 1, .lease = 10s, .limits = {limit}}).left.at(0);
  };
  for (const auto window : {base::Duration{10min}, base::Duration{1h}, base::Duration{5h}, base::Duration{16h}}) {
    const auto used = 10'000 - left({10'000, window});
    const auto exact = static_cast<std::uint64_t>(window / 40s);
    EXPECT_GE(used + 1, exact) << window.count();
    EXPECT_LE(used, exact + exact / 16 + 2) << window.count();
  }
}

TEST_P(BudgetTest, ARunIsCountedWhenItBeginsAndNotWhenItsClaimBeganToWait) {
  if (is_sqlite()) return;  // its transactions do not wait for rows
  const auto store = open();
  store->prepare("p", 60s, false);
  fill(*store, 1);
  const auto other = plain();
  std::optional<sql::Transaction> slow(std::in_place, *other, sql::Access::write);
  other->query("SELECT id FROM probe WHERE name = 'p' FOR UPDATE").step();
  const auto watcher = plain();
  Claimed claimed;
  std::jthread waits([&] {
    const std::vector<Limit> limits = {{.calls = 1, .window = 60ms}};
    claimed = store->claim({.probe = "p", .owner = "a", .count = 1, .lease = 10s, .limits = limits});
  });
  EXPECT_TRUE(support::eventually([&] {
    auto query = watcher->query(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT id FROM probe%FOR UPDATE'");
    return query.step() && query.get<int>(0) > 0;
  }));
  clock_.advance(1s);
  slow.reset();
  waits.join();
  ASSERT_THAT(claimed.claims, SizeIs(1));
  EXPECT_EQ(claimed.now, clock_.wall_now());
  auto spent = watcher->query("SELECT begins, ends FROM budget_use WHERE probe = 'p'");
  ASSERT_TRUE(spent.step());
  EXPECT_LE(spent.get<base::Time>(0), claimed.now);
  EXPECT_GT(spent.get<base::Time>(1), claimed.now);
}

TEST_P(BudgetTest, ARunIsTakenBackFromTheSpanInWhichItBegan) {
  const auto store = open();
  store->prepare("p", 60s, false);
  const std::vector<Limit> limits{{1, 60s}};
  ASSERT_TRUE(store->spend("p", limits));
  const base::Time begins{base::Duration{number("SELECT begins FROM budget_use")}};
  const base::Time ends{base::Duration{number("SELECT ends FROM budget_use")}};
  EXPECT_LE((ends - begins) * 64, 60s) << "no more of the window is lost";
  store->refund("p", limits, std::vector{ends, begins - 1us});
  EXPECT_THAT(store->left("p", limits), ElementsAre(0));
  store->refund("p", limits, std::vector{ends - 1us});
  EXPECT_THAT(store->left("p", limits), ElementsAre(1));
  store->refund("p", limits, std::vector{begins});
  EXPECT_THAT(store->left("p", limits), ElementsAre(1)) << "there was one run";
}

TEST_P(BudgetTest, RunsAreForgottenAfterTheLongestWindow) {
  const auto store = open();
  store->prepare("p", 60s, false);
  const std::vector<Limit> limits{{1'000'000, 24h}};
  ASSERT_TRUE(store->spend("p", limits));
  const auto first =
      fmt::format("SELECT COUNT(*) FROM budget_use WHERE begins <= {}", clock_.wall_now().time_since_epoch().count());
  // Old spans are looked at now and then, at random.
  const auto spend_until_gone = [&](int most) {
    for (int i = 0; i < most && number(first) > 0; ++i) EXPECT_TRUE(store->spend("p", limits));
    return number(first) == 0;
  };
  clock_.advance(24h * 366);
  EXPECT_FALSE(spend_until_gone(100)) << "a window may be a year";
  clock_.advance(24h * 10);
  EXPECT_TRUE(spend_until_gone(2000));
}

INSTANTIATE_DATABASE_TEST_SUITE(BudgetTest);

}  // namespace
}  // namespace store
