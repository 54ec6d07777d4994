#include "base/semaphore.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <vector>

namespace base {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class SemaphoreTest : public testing::Test {
 protected:
  /// Runs all that can run now.
  void turn() {
    context_.restart();
    context_.poll();
  }
  void start(int who, Duration patience = 1h) { asio::co_spawn(context_, enter(who, patience), asio::detached); }
  asio::awaitable<void> enter(int who, Duration patience) {
    Semaphore::Permit permit = co_await permits_.acquire(patience);
    if (permit) {
      inside_.push_back(std::move(permit));
      entered_.push_back(who);
    } else {
      refused_.push_back(who);
    }
  }
  asio::awaitable<void> note_end() {
    co_await permits_.wait();
    ended_ = true;
  }

  asio::io_context context_{1};
  Semaphore permits_{context_.get_executor(), 2, 2};
  std::vector<Semaphore::Permit> inside_;
  std::vector<int> entered_, refused_;
  bool ended_ = false;
};

TEST_F(SemaphoreTest, ThoseWhoWaitComeInTheirOrder) {
  for (int who = 1; who <= 4; ++who) start(who);
  turn();
  EXPECT_THAT(entered_, ElementsAre(1, 2));
  inside_.erase(inside_.begin());
  turn();
  EXPECT_THAT(entered_, ElementsAre(1, 2, 3));
  inside_.clear();
  turn();
  EXPECT_THAT(entered_, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(refused_, IsEmpty());
}

TEST_F(SemaphoreTest, TooManyAreRefused) {
  for (int who = 1; who <= 5; ++who) start(who);
  turn();
  EXPECT_THAT(refused_, ElementsAre(5));
}

TEST_F(SemaphoreTest, OneWithoutPatienceLeavesTheQueue) {
  start(1);
  start(2);
  start(3, 1ms);
  start(4);
  turn();
  context_.restart();
  while (refused_.empty()) context_.run_one();
  EXPECT_THAT(refused_, ElementsAre(3));
  inside_.erase(inside_.begin());
  turn();
  EXPECT_THAT(entered_, ElementsAre(1, 2, 4));
}

TEST_F(SemaphoreTest, ItsEndIsTheLastOnes) {
  for (int who = 1; who <= 3; ++who) start(who);
  turn();
  asio::co_spawn(context_, note_end(), asio::detached);
  inside_.clear();
  turn();
  EXPECT_FALSE(ended_) << "the third is inside";
  inside_.clear();
  turn();
  EXPECT_TRUE(ended_);
}

}  // namespace
}  // namespace base
