#include "base/task_group.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>

#include "support/captured_log.hpp"

namespace base {
namespace {

namespace asio = boost::asio;
using testing::ElementsAre;

class TaskGroupTest : public testing::Test {
 protected:
  /// Runs all that can run now.
  void turn() {
    context_.restart();
    context_.poll();
  }

  /// A task that ends when `gate` is cancelled.
  static asio::awaitable<void> pass(asio::steady_timer& gate) { co_await sleep(gate, std::chrono::hours(1)); }

  static asio::awaitable<void> fail(const char* what) {
    throw std::runtime_error(what);
    co_return;
  }

  static asio::awaitable<void> note_end(TaskGroup& group, int& ends) {
    co_await group.wait();
    ++ends;
  }

  asio::io_context context_{1};
  asio::steady_timer gate_a_{context_}, gate_b_{context_};
  support::CapturedLog log_;
};

TEST_F(TaskGroupTest, WaitReturnsWhenTheLastTaskHasEnded) {
  TaskGroup group(context_.get_executor());
  int ends = 0;
  group.spawn("a", pass(gate_a_));
  group.spawn("b", pass(gate_b_));
  EXPECT_EQ(group.size(), 2U);
  asio::co_spawn(context_, note_end(group, ends), asio::detached);
  turn();
  gate_a_.cancel();
  turn();
  EXPECT_EQ(group.size(), 1U);
  EXPECT_EQ(ends, 0);
  gate_b_.cancel();
  turn();
  EXPECT_EQ(group.size(), 0U);
  EXPECT_EQ(ends, 1);
}

TEST_F(TaskGroupTest, WaitReturnsAtOnceWhenEmptyAndWorksAgain) {
  TaskGroup group(context_.get_executor());
  int ends = 0;
  asio::co_spawn(context_, note_end(group, ends), asio::detached);
  turn();
  EXPECT_EQ(ends, 1);
  for (int round = 2; round < 4; ++round) {
    group.spawn("a", pass(gate_a_));
    asio::co_spawn(context_, note_end(group, ends), asio::detached);
    turn();
    EXPECT_EQ(ends, round - 1);
    gate_a_.cancel();
    turn();
    EXPECT_EQ(ends, round);
  }
}

TEST_F(TaskGroupTest, WaitCoversTasksThatWereStartedMeanwhile) {
  TaskGroup group(context_.get_executor());
  int ends = 0;
  const auto parent = [](TaskGroup& tasks, asio::steady_timer& gate) -> asio::awaitable<void> {
    tasks.spawn("child", pass(gate));
    co_return;
  };
  group.spawn("parent", parent(group, gate_a_));
  asio::co_spawn(context_, note_end(group, ends), asio::detached);
  turn();
  EXPECT_EQ(group.size(), 1U);
  EXPECT_EQ(ends, 0);
  gate_a_.cancel();
  turn();
  EXPECT_EQ(ends, 1);
}

TEST_F(TaskGroupTest, SeveralMayWaitAndNoneSpins) {
  TaskGroup group(context_.get_executor());
  int ends = 0;
  group.spawn("a", pass(gate_a_));
  for (int i = 0; i < 3; ++i) asio::co_spawn(context_, note_end(group, ends), asio::detached);
  int steps = 0;
  while (steps < 1000 && context_.poll_one() > 0) ++steps;
  EXPECT_LT(steps, 1000) << "the waiting wake each other";
  gate_a_.cancel();
  turn();
  EXPECT_EQ(ends, 3);
}

TEST_F(TaskGroupTest, LogsAnExceptionAndCountsTheTaskAsEnded) {
  TaskGroup group(context_.get_executor());
  int ends = 0;
  group.spawn("poller", fail("no network"));
  group.spawn("other", pass(gate_a_));
  asio::co_spawn(context_, note_end(group, ends), asio::detached);
  turn();
  EXPECT_THAT(log_.lines(), ElementsAre("error poller failed: no network"));
  EXPECT_EQ(group.size(), 1U);
  EXPECT_EQ(ends, 0);
  gate_a_.cancel();
  turn();
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(log_.count("other"), 0U);
}

TEST_F(TaskGroupTest, SpawnLoggedLogs) {
  spawn_logged(context_.get_executor(), "writer", fail("disk full"));
  turn();
  EXPECT_THAT(log_.lines(), ElementsAre("error writer failed: disk full"));
}

TEST_F(TaskGroupTest, SleepSaysWhetherItWasCancelled) {
  std::vector<bool> slept;
  const auto nap = [](asio::steady_timer& timer, std::chrono::seconds delay,
                      std::vector<bool>& out) -> asio::awaitable<void> { out.push_back(co_await sleep(timer, delay)); };
  asio::co_spawn(context_, nap(gate_a_, std::chrono::seconds{0}, slept), asio::detached);
  context_.run();
  EXPECT_EQ(slept, std::vector{true});
  asio::co_spawn(context_, nap(gate_a_, std::chrono::hours{1}, slept), asio::detached);
  turn();
  gate_a_.cancel();
  turn();
  EXPECT_EQ(slept, (std::vector{true, false}));
}

}  // namespace
}  // namespace base
