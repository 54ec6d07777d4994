#include "board/core_board.hpp"

#include <gtest/gtest.h>

#include "base/runtime.hpp"
#include "support/eventually.hpp"

namespace board {
namespace {

using namespace std::chrono_literals;
using support::on;

base::SteadyTime in(std::chrono::steady_clock::duration delay) {
  return std::chrono::steady_clock::now() + delay;
}

StatePtr state_with(std::uint64_t sequence) {
  auto state = std::make_shared<State>();
  state->sequence = sequence;
  return state;
}

UpdatePtr update_with(std::uint64_t sequence) {
  auto update = std::make_shared<Update>();
  update->sequence = sequence;
  return update;
}

class CoreBoardTest : public testing::Test {
 protected:
  CoreBoardTest() { runtime_.start(); }

  template <class Job>
  auto core(Job job) {
    return on(runtime_.core(0), std::move(job));
  }

  std::future<void> start_waiting(std::uint64_t sequence, base::SteadyTime deadline) {
    // As a coroutine on the board's core: the subscription lives and dies there.
    const auto wait = [](CoreBoard& board, std::uint64_t sequence,
                         base::SteadyTime deadline) -> boost::asio::awaitable<void> {
      CoreBoard::Subscription subscription(board);
      co_await subscription.wait(sequence, deadline);
    };
    auto waiting = support::start(runtime_.core(0), wait(board_, sequence, deadline));
    core([] {});
    return waiting;
  }

  static bool is_waiting(const std::future<void>& waiting) {
    return waiting.wait_for(0s) == std::future_status::timeout;
  }

  void deliver(std::uint64_t sequence) {
    core([&] { board_.deliver(state_with(sequence), update_with(sequence)); });
  }

  base::Runtime runtime_{1};
  CoreBoard board_{runtime_.core(0).get_executor()};
};

TEST_F(CoreBoardTest, AChangeWakesEverySubscriber) {
  auto first = start_waiting(0, in(1h));
  auto second = start_waiting(0, in(1h));
  EXPECT_EQ(core([this] { return board_.subscribers(); }), 2U);
  EXPECT_TRUE(is_waiting(first));
  deliver(1);
  EXPECT_TRUE(support::ready(first));
  EXPECT_TRUE(support::ready(second));
  EXPECT_EQ(core([this] { return board_.subscribers(); }), 0U);
}

TEST_F(CoreBoardTest, TheClockAloneWakesNobody) {
  auto waiting = start_waiting(0, in(1h));
  core([this] { board_.deliver(state_with(0), nullptr); });
  for (int i = 0; i < 5; ++i) core([] {});  // what it set off has run
  EXPECT_TRUE(is_waiting(waiting));
  core([this] { board_.close(); });
  EXPECT_TRUE(support::ready(waiting));
}

TEST_F(CoreBoardTest, WhoIsBehindDoesNotWait) {
  deliver(1);
  EXPECT_TRUE(support::ready(start_waiting(0, in(1h))));
}

TEST_F(CoreBoardTest, CloseWakesAndStaysClosed) {
  auto waiting = start_waiting(0, in(1h));
  core([this] { board_.close(); });
  EXPECT_TRUE(support::ready(waiting));
  EXPECT_TRUE(core([this] { return board_.closed(); }));
  EXPECT_TRUE(support::ready(start_waiting(0, in(1h))));
}

TEST_F(CoreBoardTest, TheDeadlineEndsTheWait) {
  EXPECT_TRUE(support::ready(start_waiting(0, in(5ms))));
  EXPECT_TRUE(support::ready(start_waiting(0, in(-1s))));
}

TEST_F(CoreBoardTest, WakeEndsTheWaitAndLaterOnes) {
  const auto wait_twice = [](CoreBoard& board, CoreBoard::Subscription*& place) -> boost::asio::awaitable<void> {
    CoreBoard::Subscription subscription(board);
    place = &subscription;
    co_await subscription.wait(0, in(1h));
    co_await subscription.wait(0, in(1h));
  };
  CoreBoard::Subscription* subscription = nullptr;
  auto waiting = support::start(runtime_.core(0), wait_twice(board_, subscription));
  core([] {});
  EXPECT_TRUE(is_waiting(waiting));
  core([&] { subscription->wake(); });
  EXPECT_TRUE(support::ready(waiting));
}

}  // namespace
}  // namespace board
