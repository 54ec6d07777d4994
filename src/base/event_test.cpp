#include "base/event.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace base {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class EventTest : public testing::Test {
 protected:
  /// Runs all that can run now.
  void turn() {
    context_.restart();
    context_.poll();
  }
  void start(asio::awaitable<bool> wait) { asio::co_spawn(context_, note(std::move(wait)), asio::detached); }
  asio::awaitable<void> note(asio::awaitable<bool> wait) { ends_ += co_await std::move(wait) ? "set " : "late "; }

  asio::io_context context_{1};
  Event event_{context_.get_executor()};
  std::string ends_;
};

TEST_F(EventTest, WakesEverybodyWhoWaits) {
  start(event_.wait());
  start(event_.wait_for(1h));
  turn();
  EXPECT_EQ(ends_, "");
  event_.set();
  turn();
  EXPECT_EQ(ends_, "set set ");
}

TEST_F(EventTest, WaitsNotForOneThatIsSet) {
  event_.set();
  start(event_.wait());
  turn();
  start(event_.wait());
  turn();
  EXPECT_EQ(ends_, "set set ");
}

TEST_F(EventTest, ATakenEventIsSetNoMore) {
  event_.set();
  start(event_.take());
  turn();
  start(event_.take());
  turn();
  EXPECT_EQ(ends_, "set ");
  event_.set();
  event_.set();
  turn();
  EXPECT_EQ(ends_, "set set ");
  EXPECT_FALSE(event_.is_set());
}

TEST_F(EventTest, EachWaitHasItsOwnEnd) {
  start(event_.wait());
  start(event_.wait(std::chrono::steady_clock::now()));
  context_.run_one_for(10s);
  context_.run_one_for(10s);
  context_.run_one_for(10s);
  EXPECT_EQ(ends_, "late ");
  event_.set();
  turn();
  EXPECT_EQ(ends_, "late set ");
}

}  // namespace
}  // namespace base
