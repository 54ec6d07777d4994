#include "base/fault.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/captured_log.hpp"
#include "support/fake_clock.hpp"

namespace base {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class FaultTest : public testing::Test {
 protected:
  /// `job` fails `times` times, with `pause` after each.
  void fail(const std::string& job, int times, Duration pause) {
    for (int i = 0; i < times; ++i) {
      fault_.failed(job, "it is away");
      clock_.advance(pause);
    }
  }

  support::CapturedLog log_;
  support::FakeClock clock_;
  Fault fault_{"the database", clock_};
};

TEST_F(FaultTest, IsALineWhenItBeginsOneAMinuteAndOneWhenItEnds) {
  fail("a cannot claim", 125, 1s);
  fault_.succeeded("a cannot claim");
  EXPECT_THAT(log_.lines(), ElementsAre("warning a cannot claim: it is away",
                                        "warning a cannot claim: it is away (61 failures of 1 job in 1m)",
                                        "warning a cannot claim: it is away (121 failures of 1 job in 2m)",
                                        "info the database works again after 2m5s and 125 failures"));
}

TEST_F(FaultTest, OfManyJobsIsOne) {
  fail("a cannot claim", 1, 0s);
  fail("b cannot claim", 1, 59s);
  fail("c cannot claim", 1, 1s);
  fail("b cannot claim", 1, 0s);
  fault_.succeeded("a cannot claim");
  fault_.succeeded("b cannot claim");
  EXPECT_TRUE(fault_.since());
  EXPECT_NE(fault_.text(), "");
  EXPECT_EQ(log_.count("works again"), 0U) << "one of them fails still";
  fault_.succeeded("c cannot claim");
  EXPECT_FALSE(fault_.since());
  EXPECT_THAT(log_.lines(), ElementsAre("warning a cannot claim: it is away",
                                        "warning b cannot claim: it is away (4 failures of 3 jobs in 1m)",
                                        "info the database works again after 1m and 4 failures"));
}

TEST_F(FaultTest, ThatComesAndGoesIsToldTwiceAMinuteAtMost) {
  for (int i = 0; i < 600; ++i) {
    fail("a cannot claim", 1, 50ms);
    fault_.succeeded("a cannot claim");
    clock_.advance(50ms);
  }
  EXPECT_THAT(log_.lines(), ElementsAre("warning a cannot claim: it is away",
                                        "info the database works again after 0s and 1 failure"));
  clock_.advance(1s);
  fail("a cannot claim", 1, 2s);
  EXPECT_THAT(log_.count("(600 failures of 1 job in 1m)"), 1U);
}

TEST_F(FaultTest, SaysSinceWhenItLastsAndTheLatestFailure) {
  EXPECT_FALSE(fault_.since());
  EXPECT_EQ(fault_.text(), "");
  const auto began = clock_.steady_now();
  fail("a cannot claim", 1, 1s);
  fault_.failed("b cannot write", "the disk is full");
  EXPECT_EQ(fault_.since(), began);
  EXPECT_EQ(fault_.text(), "b cannot write: the disk is full");
  fault_.succeeded("b cannot write");
  fault_.succeeded("a cannot claim");
  EXPECT_EQ(fault_.text(), "");
  clock_.advance(1h);
  fault_.failed("a cannot claim", "again");
  EXPECT_EQ(fault_.since(), clock_.steady_now()) << "of this time, not of the one before";
}

TEST_F(FaultTest, BeganWhenAJobThatHasWaitedBegan) {
  const auto now = clock_.steady_now();
  fault_.failed("a cannot claim", "no answer", now - 5s);
  fault_.failed("b cannot claim", "no answer", now - 3s);
  EXPECT_EQ(fault_.since(), now - 5s);
  fault_.failed("b cannot claim", "no answer", now - 9s);
  EXPECT_EQ(fault_.since(), now - 9s);
}

TEST_F(FaultTest, ForgetsAJobThatIsNotTriedAgainWithoutClaimingThatItWorks) {
  fail("a cannot claim", 1, 1s);
  fail("b cannot claim", 1, 1s);
  fault_.forget("a cannot claim");
  EXPECT_TRUE(fault_.since()) << "b fails still";
  fault_.forget("b cannot claim");
  EXPECT_FALSE(fault_.since());
  EXPECT_EQ(fault_.text(), "");
  fault_.succeeded("b cannot claim");
  fault_.failed("c cannot claim", "it is away");
  fault_.succeeded("c cannot claim");
  EXPECT_THAT(log_.lines(), ElementsAre("warning a cannot claim: it is away")) << "of the same minute";
}

TEST_F(FaultTest, WhatHappensIsToldOnceAMinute) {
  for (int i = 0; i < 61; ++i) {
    fault_.happened(fmt::format("node-{} lost its lease", i), "it was taken over");
    EXPECT_FALSE(fault_.since());
    clock_.advance(1s);
  }
  EXPECT_THAT(log_.lines(),
              ElementsAre("warning node-0 lost its lease: it was taken over",
                          "warning node-60 lost its lease: it was taken over (61 failures of 1 job in 1m)"));
}

TEST_F(FaultTest, SuccessesAloneAreNotTold) {
  fault_.succeeded("a cannot claim");
  fault_.forget("a cannot claim");
  EXPECT_THAT(log_.lines(), IsEmpty());
}

}  // namespace
}  // namespace base
