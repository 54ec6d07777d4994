#include "http/deadlines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "support/eventually.hpp"

namespace http {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class DeadlinesTest : public testing::Test {
 protected:
  class Late final : public Deadline {
   public:
    Late(int number, std::vector<int>& late) : number_(number), late_(late) {}
    void overdue() override {
      late_.push_back(number_);
      if (then) then();
    }
    std::function<void()> then;

   private:
    int number_;
    std::vector<int>& late_;
  };

  bool turn_until(std::size_t count) {
    return support::eventually([&] {
      context_.poll();
      return late_.size() >= count;
    });
  }

  boost::asio::io_context context_{1};
  std::vector<int> late_;
  DeadlineQueue queue_{context_, 10ms};
  Late one_{1, late_}, two_{2, late_}, three_{3, late_};
  const base::SteadyTime now_ = std::chrono::steady_clock::now();
};

TEST_F(DeadlinesTest, EndInTheOrderOfTheirSetting) {
  for (Late* each : {&two_, &one_, &three_}) queue_.set(*each, now_);
  queue_.set(two_, now_ + 1ms);
  ASSERT_TRUE(turn_until(3));
  EXPECT_THAT(late_, ElementsAre(1, 3, 2));
  EXPECT_FALSE(one_.is_set());
  EXPECT_GE(std::chrono::steady_clock::now(), now_ + 11ms);
}

TEST_F(DeadlinesTest, OneThatIsTakenBackOrGoneIsNotOverdue) {
  {
    Late gone(4, late_);
    queue_.set(gone, now_);
    queue_.set(one_, now_);
    one_.unset();
  }
  EXPECT_TRUE(queue_.empty());
  queue_.set(two_, now_);
  ASSERT_TRUE(turn_until(1));
  EXPECT_THAT(late_, ElementsAre(2));
}

TEST_F(DeadlinesTest, OneThatIsOverdueMaySetAndTakeBackOthers) {
  one_.then = [&] {
    two_.unset();
    one_.then = {};
    queue_.set(one_, std::chrono::steady_clock::now());
  };
  for (Late* each : {&one_, &two_, &three_}) queue_.set(*each, now_);
  ASSERT_TRUE(turn_until(3));
  EXPECT_THAT(late_, ElementsAre(1, 3, 1));
}

TEST_F(DeadlinesTest, AreOfOneQueueAtATime) {
  DeadlineQueue other{context_, 1h};
  queue_.set(one_, now_);
  other.set(one_, now_);
  EXPECT_TRUE(queue_.empty());
  queue_.set(two_, now_);
  ASSERT_TRUE(turn_until(1));
  EXPECT_THAT(late_, ElementsAre(2));
  EXPECT_TRUE(one_.is_set());
}

TEST_F(DeadlinesTest, NothingIsOverdueAfterTheEndOfTheQueue) {
  {
    DeadlineQueue other{context_, 0ms};
    other.set(one_, now_);
    DeadlineQueue stopped{context_, 0ms};
    stopped.set(two_, now_);
    stopped.stop();
    stopped.set(three_, now_);
    context_.run_for(5ms);
  }
  // The first was overdue before its queue's end.
  EXPECT_THAT(late_, ElementsAre(1));
  auto ended = std::make_unique<DeadlineQueue>(context_, 0ms);
  ended->set(one_, now_);
  ended.reset();
  context_.restart();
  context_.run_for(5ms);
  EXPECT_THAT(late_, ElementsAre(1));
}

}  // namespace
}  // namespace http
