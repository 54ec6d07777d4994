#include "base/offload.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <barrier>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <thread>

namespace base {
namespace {

namespace asio = boost::asio;

/// Runs `task` to its end on this thread. Rethrows.
template <class T>
T finish(asio::awaitable<T> task) {
  asio::io_context context(1);
  auto result = asio::co_spawn(context, std::move(task), asio::use_future);
  context.run();
  return result.get();
}

int nice_value() {
  return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
}

/// For both priorities.
class OffloadPoolTest : public testing::TestWithParam<OffloadPool::Priority> {};
INSTANTIATE_TEST_SUITE_P(OffloadPool, OffloadPoolTest,
                         testing::Values(OffloadPool::Priority::normal, OffloadPool::Priority::low));

TEST_P(OffloadPoolTest, GivesTheResultOfTheJob) {
  OffloadPool pool("test", 2, GetParam());
  EXPECT_EQ(finish(pool.run([] { return 42; })), 42);
  bool ran = false;
  finish(pool.run([&] { ran = true; }));
  EXPECT_TRUE(ran);
  auto moved = std::make_unique<int>(7);
  EXPECT_EQ(finish(pool.run([moved = std::move(moved)] { return *moved; })), 7) << "a job that cannot be copied";
}

TEST_P(OffloadPoolTest, GivesTheExceptionOfTheJob) {
  OffloadPool pool("test", 1, GetParam());
  const auto fails = []() -> int { throw std::runtime_error("on purpose"); };
  EXPECT_THROW(finish(pool.run(fails)), std::runtime_error);
  EXPECT_EQ(finish(pool.run([] { return 1; })), 1) << "the thread goes on";
}

TEST_P(OffloadPoolTest, RunsOnItsThreadsAndResumesOnTheCallers) {
  OffloadPool pool("a-name-that-is-too-long", 1, GetParam());
  const auto task = [](OffloadPool& offload) -> asio::awaitable<void> {
    const auto self = std::this_thread::get_id();
    const auto job = [] {
      char name[16];
      pthread_getname_np(pthread_self(), name, sizeof name);
      EXPECT_STREQ(name, "a-name-that-is-");
      return std::this_thread::get_id();
    };
    const auto failing = [] { throw std::runtime_error("on purpose"); };
    const auto there = co_await offload.run(job);
    EXPECT_NE(there, self);
    EXPECT_EQ(std::this_thread::get_id(), self);
    try {
      co_await offload.run(failing);
    } catch (const std::runtime_error&) {
      EXPECT_EQ(std::this_thread::get_id(), self);
    }
  };
  finish(task(pool));
}

TEST(OffloadPool, RunsAsManyJobsAtOnceAsItHasThreads) {
  using namespace asio::experimental::awaitable_operators;
  OffloadPool pool("test", 3);
  std::barrier all(3);
  const auto meet = [&] { all.arrive_and_wait(); };
  finish(pool.run(meet) && pool.run(meet) && pool.run(meet));
}

TEST(OffloadPool, LowPriorityIsNiceOnEveryThreadAndOnNoOther) {
  using namespace asio::experimental::awaitable_operators;
  const int before = nice_value();
  OffloadPool low("low", 2, OffloadPool::Priority::low);
  OffloadPool normal("normal", 1);
  std::barrier both(2);
  const auto job = [&] {
    both.arrive_and_wait();
    return nice_value();
  };
  EXPECT_EQ(finish(low.run(job) && low.run(job)), std::tuple(19, 19));
  EXPECT_EQ(finish(normal.run(nice_value)), before);
  EXPECT_EQ(nice_value(), before);
}

TEST_P(OffloadPoolTest, StartsAndEndsOverAndOver) {
  for (int i = 0; i < 200; ++i) OffloadPool pool("test", 4, GetParam());
}

TEST(OffloadPool, DestructorWaitsForTheJobUnderWay) {
  asio::io_context context(1);
  std::promise<void> started, release;
  bool ended = false;
  std::future<void> result;
  std::jthread releaser;
  {
    OffloadPool pool("test", 1);
    result = asio::co_spawn(context, pool.run([&] {
      started.set_value();
      release.get_future().wait();
      ended = true;
    }),
                            asio::use_future);
    context.poll();
    started.get_future().wait();
    releaser = std::jthread([&] { release.set_value(); });
  }
  EXPECT_TRUE(ended);
  context.restart();
  context.run();
  EXPECT_NO_THROW(result.get());
}

}  // namespace
}  // namespace base
