// Values that end and are renewed.
#include "probe/renewed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <stdexcept>

#include "support/fake_clock.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::ElementsAre;

/// A source of values that answers when the test says so.
class Source {
 public:
  explicit Source(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  using Result = std::expected<Lease<std::string>, RenewalFailure>;
  struct Question {
    explicit Question(const asio::any_io_executor& executor) : over(executor) {}
    base::Event over;
    Result result = std::unexpected(RenewalFailure{"stopped"});
    bool stopped = false;
  };

  asio::awaitable<Result> fetch(base::SteadyTime deadline, std::stop_token stop) {
    const auto question = questions.emplace_back(std::make_shared<Question>(executor_));
    const std::stop_callback on_stop(stop, [question] {
      question->stopped = true;
      question->over.set();
    });
    co_await question->over.wait(deadline);
    if (broken) throw std::runtime_error("a bug");
    co_return question->result;
  }

  void answer(std::size_t question, Result result) {
    questions.at(question)->result = std::move(result);
    questions.at(question)->over.set();
  }

  std::vector<std::shared_ptr<Question>> questions;
  bool broken = false;

 private:
  asio::any_io_executor executor_;
};

class RenewedTest : public testing::Test {
 protected:
  base::SteadyTime in(base::Duration delay) const { return clock_.steady_now() + delay; }
  /// Runs all that can run now.
  void turn() {
    context_.restart();
    context_.poll();
  }
  /// Runs until `count` callers are back.
  void turn_until_back(std::size_t count) {
    const auto patience = std::chrono::steady_clock::now() + 10s;
    while (back_.size() < count && std::chrono::steady_clock::now() < patience) {
      context_.restart();
      context_.run_one_for(10ms);
    }
  }
  void get(std::string who, base::Duration time = 1h, std::stop_token stop = {}) {
    asio::co_spawn(context_, note(std::move(who), time, std::move(stop)), asio::detached);
    turn();
  }
  asio::awaitable<void> note(std::string who, base::Duration time, std::stop_token stop) {
    const auto got = co_await renewed_.get(std::chrono::steady_clock::now() + time, std::move(stop));
    back_.push_back(who + ": " + (got ? *got : "failed: " + got.error().sentence));
    if (!got) wait_ = got.error().wait;
  }
  void answer(std::size_t question, Source::Result result) {
    source_.answer(question, std::move(result));
    turn();
  }
  void fail(std::size_t question, std::string sentence, base::Duration wait = {}) {
    answer(question, std::unexpected(RenewalFailure{std::move(sentence), wait}));
  }
  /// The answers since the last call.
  std::vector<std::string> back() { return std::exchange(back_, {}); }

  /// The value "one" with an hour to live.
  void begin() {
    get("first");
    answer(0, Lease<std::string>{"one", in(1h)});
    ASSERT_THAT(back(), ElementsAre("first: one"));
  }

  asio::io_context context_{1};
  support::FakeClock clock_;
  Source source_{context_.get_executor()};
  Renewed<std::string> renewed_{
      context_.get_executor(),
      [this](base::SteadyTime deadline, std::stop_token stop) { return source_.fetch(deadline, std::move(stop)); },
      {.clock = clock_}};
  std::vector<std::string> back_;
  base::Duration wait_{0};
};

TEST_F(RenewedTest, KeepsAValueUntilItsMargin) {
  begin();
  clock_.advance(54min);
  get("a");
  EXPECT_THAT(back(), ElementsAre("a: one"));
  EXPECT_EQ(source_.questions.size(), 1U);
  clock_.advance(2min);
  get("b");
  EXPECT_THAT(back(), ElementsAre()) << "it waits for the renewal";
  EXPECT_EQ(source_.questions.size(), 2U);
  answer(1, Lease<std::string>{"two", in(1h)});
  EXPECT_THAT(back(), ElementsAre("b: two"));
}

TEST_F(RenewedTest, TheMarginOfAShortLifeIsAFifth) {
  get("first");
  answer(0, Lease<std::string>{"one", in(100s)});
  clock_.advance(79s);
  get("a");
  EXPECT_EQ(source_.questions.size(), 1U);
  clock_.advance(2s);
  get("b");
  EXPECT_EQ(source_.questions.size(), 2U);
  answer(1, Lease<std::string>{"two", in(100s)});
  EXPECT_THAT(back(), ElementsAre("first: one", "a: one", "b: two"));
}

TEST_F(RenewedTest, OneRenewalServesAllWhoWait) {
  get("a");
  get("b");
  get("c");
  EXPECT_EQ(source_.questions.size(), 1U);
  answer(0, Lease<std::string>{"one", in(1h)});
  EXPECT_THAT(back(), testing::UnorderedElementsAre("a: one", "b: one", "c: one"));
}

TEST_F(RenewedTest, NearTheEndOneWaitsAndTheOthersTakeTheOldValue) {
  begin();
  clock_.advance(56min);
  get("a");
  get("b");
  EXPECT_THAT(back(), ElementsAre("b: one"));
  EXPECT_EQ(source_.questions.size(), 2U);
  clock_.advance(5min);
  get("c");
  EXPECT_THAT(back(), ElementsAre()) << "the old value has ended";
  answer(1, Lease<std::string>{"two", in(1h)});
  EXPECT_THAT(back(), testing::UnorderedElementsAre("a: two", "c: two"));
}

TEST_F(RenewedTest, TheOldValueIsUsedWhileARenewalFails) {
  begin();
  clock_.advance(56min);
  get("a");
  fail(1, "no server");
  EXPECT_THAT(back(), ElementsAre("a: one"));
  get("b");
  EXPECT_THAT(back(), ElementsAre("b: one"));
  EXPECT_EQ(source_.questions.size(), 2U) << "a failure is followed by a pause";
  clock_.advance(6s);
  get("c");
  EXPECT_EQ(source_.questions.size(), 3U);
  clock_.advance(5min);
  fail(2, "no server");
  EXPECT_THAT(back(), ElementsAre("c: failed: no server")) << "it ended meanwhile";
  get("d");
  EXPECT_THAT(back(), ElementsAre("d: failed: no server"));
  EXPECT_EQ(source_.questions.size(), 3U);
  clock_.advance(6s);
  get("e");
  answer(3, Lease<std::string>{"two", in(1h)});
  EXPECT_THAT(back(), ElementsAre("e: two"));
}

TEST_F(RenewedTest, AStalledRenewalTakesHalfOfTheTimeOfOneCaller) {
  begin();
  clock_.advance(56min);
  get("a", 40ms);
  turn_until_back(1);
  EXPECT_THAT(back(), ElementsAre("a: one"));
  EXPECT_TRUE(source_.questions.at(1)->stopped) << "nobody waits for it";
  get("b");
  EXPECT_THAT(back(), ElementsAre("b: one"));
  EXPECT_EQ(source_.questions.size(), 2U);
}

TEST_F(RenewedTest, ACallerGivesUpAlone) {
  std::stop_source stop;
  get("a", 1h, stop.get_token());
  get("b", 20ms);
  get("c");
  stop.request_stop();
  turn_until_back(2);
  EXPECT_THAT(back(), ElementsAre("a: failed: cancelled", "b: failed: it was not renewed in time"));
  EXPECT_FALSE(source_.questions.at(0)->stopped);
  answer(0, Lease<std::string>{"one", in(1h)});
  EXPECT_THAT(back(), ElementsAre("c: one"));
}

TEST_F(RenewedTest, TheLastOneToLeaveEndsTheRenewal) {
  std::stop_source stop;
  get("a", 1h, stop.get_token());
  stop.request_stop();
  turn();
  EXPECT_THAT(back(), ElementsAre("a: failed: cancelled"));
  EXPECT_TRUE(source_.questions.at(0)->stopped);
  get("b", 1h, stop.get_token());
  EXPECT_THAT(back(), ElementsAre("b: failed: cancelled"));
  EXPECT_EQ(source_.questions.size(), 1U);
  get("c");
  EXPECT_EQ(source_.questions.size(), 2U) << "the stop of another caller is no failure";
  answer(1, Lease<std::string>{"one", in(1h)});
  EXPECT_THAT(back(), ElementsAre("c: one"));
}

TEST_F(RenewedTest, ARefusedValueIsRenewed) {
  begin();
  renewed_.refuse("another");
  get("a");
  EXPECT_THAT(back(), ElementsAre("a: one"));
  renewed_.refuse("one");
  get("b");
  EXPECT_THAT(back(), ElementsAre());
  answer(1, Lease<std::string>{"two", in(1h)});
  renewed_.refuse("one");
  get("c");
  EXPECT_THAT(back(), ElementsAre("b: two", "c: two")) << "a late refusal is of the old value";
  EXPECT_EQ(source_.questions.size(), 2U);
}

TEST_F(RenewedTest, ANewValueThatIsRefusedTooStaysForAWhile) {
  begin();
  EXPECT_TRUE(renewed_.refuse("one"));
  get("a");
  answer(1, Lease<std::string>{"two", in(1h)});
  EXPECT_FALSE(renewed_.refuse("two"));
  get("b");
  EXPECT_THAT(back(), ElementsAre("a: two", "b: two"));
  clock_.advance(6s);
  EXPECT_TRUE(renewed_.refuse("two"));
  get("c");
  answer(2, Lease<std::string>{"three", in(1h)});
  EXPECT_FALSE(renewed_.refuse("three"));
  renewed_.accept("two");
  EXPECT_FALSE(renewed_.refuse("three")) << "that was another";
  renewed_.accept("three");
  EXPECT_TRUE(renewed_.refuse("three"));
}

TEST_F(RenewedTest, ASourceThatWantsToBeLeftAloneIs) {
  get("a");
  fail(0, "busy", 600s);
  clock_.advance(60s);
  get("b");
  EXPECT_THAT(back(), ElementsAre("a: failed: busy", "b: failed: busy"));
  EXPECT_EQ(wait_, 540s);
  EXPECT_EQ(source_.questions.size(), 1U);
  clock_.advance(541s);
  get("c");
  fail(1, "busy", 24h);
  clock_.advance(61min);
  get("d");
  EXPECT_EQ(source_.questions.size(), 3U) << "an hour at most";
}

TEST_F(RenewedTest, AValueThatComesLateIsStillNew) {
  get("a");
  answer(0, Lease<std::string>{"one", in(-1s)});
  EXPECT_THAT(back(), ElementsAre("a: one")) << "the source's clock may be another";
  get("b");
  EXPECT_EQ(source_.questions.size(), 2U);
  answer(1, Lease<std::string>{"two", in(1h)});
  EXPECT_THAT(back(), ElementsAre("b: two"));
}

TEST_F(RenewedTest, ABugInTheRenewalIsAFailure) {
  source_.broken = true;
  get("a");
  answer(0, Lease<std::string>{"one", in(1h)});
  EXPECT_THAT(back(), ElementsAre("a: failed: an error in the renewal"));
}

}  // namespace
}  // namespace probe
