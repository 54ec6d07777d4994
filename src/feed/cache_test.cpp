#include "feed/cache.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "base/runtime.hpp"
#include "feed/whole_list.hpp"
#include "support/eventually.hpp"
#include "support/reply_of.hpp"
#include "support/rows.hpp"

namespace feed {
namespace {

using namespace std::chrono_literals;

board::State state_with(std::uint64_t sequence) {
  board::State state;
  state.sequence = sequence;
  return state;
}

class CacheTest : public testing::Test {
 protected:
  /// What the cache of two views shows under `key`: "KEY SEQUENCE", of the state that was rendered.
  std::string shown(const std::string& key, std::uint64_t sequence, bool exact = false) {
    const auto render = [&](const board::State& state) {
      ++renderings_;
      std::this_thread::sleep_for(cost_);
      return http::Prepared("text/plain", fmt::format("{} {}", key, state.sequence));
    };
    return *cache_.get(key, state_with(sequence), render, exact).body();
  }

  Cache cache_{500ms, 2};
  std::chrono::milliseconds cost_{0};
  int renderings_ = 0;
};

TEST_F(CacheTest, RendersAStateOnce) {
  EXPECT_EQ(shown("a", 1), "a 1");
  EXPECT_EQ(shown("a", 1), "a 1");
  EXPECT_EQ(shown("a", 1, true), "a 1");
  EXPECT_EQ(renderings_, 1);
}

TEST_F(CacheTest, ACostlyViewIsShownForAWhile) {
  cost_ = 20ms;
  shown("a", 1);
  const auto rendered = std::chrono::steady_clock::now();
  const std::string next = shown("a", 2);
  // On a machine that stood still meanwhile, both are right.
  if (std::chrono::steady_clock::now() < rendered + 100ms) EXPECT_EQ(next, "a 1");
  EXPECT_EQ(shown("a", 3, true), "a 3") << "but not to those who must have this very state";
}

TEST_F(CacheTest, AViewIsNotShownForEver) {
  cost_ = 20ms;
  shown("a", 1);
  const auto rendered = std::chrono::steady_clock::now();
  while (shown("a", 2) != "a 2") ASSERT_LT(std::chrono::steady_clock::now(), rendered + 10s);
}

TEST_F(CacheTest, AViewTellsTheTimeAlsoWhenNothingHappens) {
  shown("a", 1);
  EXPECT_TRUE(support::eventually([&] { return shown("a", 1) == "a 1" && renderings_ == 2; }));
}

TEST_F(CacheTest, TheLeastRecentlyUsedGoesFirst) {
  shown("a", 1);
  shown("b", 1);
  shown("a", 1);
  shown("c", 1);
  EXPECT_EQ(renderings_, 3);
  shown("a", 1);
  EXPECT_EQ(renderings_, 3) << "a was used after b";
  shown("b", 1);
  EXPECT_EQ(renderings_, 4) << "b had gone";
}

TEST(WholeList, ALargeViewNeverGoesBack) {
  base::Runtime runtime(1);
  runtime.start();
  const auto render = [](const board::State& state) {
    return http::Prepared("text/plain", std::to_string(state.sequence));
  };
  WholeList view(1, kTellsNoTime, render);
  const auto shown = [&](std::uint64_t sequence) {
    auto state = std::make_shared<board::State>(state_with(sequence));
    state->snapshot = core::Snapshot(support::many_rows(2000));
    const board::StatePtr current = std::move(state);
    const http::Request request;
    const std::function<http::Answer()> ask = [&] { return view.answer(request, current, true); };
    return *support::start(runtime.core(0), support::reply_of(ask)).get().body;
  };
  EXPECT_EQ(shown(5), "5");
  EXPECT_EQ(shown(6), "6");
  EXPECT_EQ(shown(5), "6") << "a core that is a step behind";
}

TEST(WholeList, ALargeViewIsKeptForAsLongAsItIsRight) {
  base::Runtime runtime(1);
  runtime.start();
  int renderings = 0;
  const auto render = [&](const board::State&) { return http::Prepared("text/plain", std::to_string(++renderings)); };
  auto state = std::make_shared<board::State>(state_with(1));
  state->snapshot = core::Snapshot(support::many_rows(2000));
  const http::Request request;
  const auto shown_by = [&](WholeList& view) {
    const std::function<http::Answer()> ask = [&] { return view.answer(request, state, true); };
    return *support::start(runtime.core(0), support::reply_of(ask)).get().body;
  };
  WholeList no_time(1, kTellsNoTime, render), time(1, base::SteadyTime::duration{0}, render);
  EXPECT_EQ(shown_by(no_time) + shown_by(no_time), "11");
  EXPECT_EQ(shown_by(time) + shown_by(time), "23");
}

}  // namespace
}  // namespace feed
