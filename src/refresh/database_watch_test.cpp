#include "refresh/database_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/captured_log.hpp"
#include "support/fake_clock.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;
using Call = DatabaseWatch::Call;

class DatabaseWatchTest : public testing::Test {
 protected:
  void fail(const std::string& job) { Call(watch_, job).failed("the file is read-only"); }
  void succeed(const std::string& job) { Call(watch_, job).succeeded(); }

  support::CapturedLog log_;
  support::FakeClock clock_;
  base::Fault fault_{"the database", clock_};
  DatabaseWatch watch_{fault_, clock_};
};

TEST_F(DatabaseWatchTest, NothingToDoIsNoProblem) {
  clock_.advance(1h);
  EXPECT_EQ(watch_.problem(), "");
}

TEST_F(DatabaseWatchTest, WhatFailsForLongIsAProblemUntilItSucceeds) {
  fail("a cannot write");
  clock_.advance(10s);
  fail("a cannot write");
  EXPECT_EQ(watch_.problem(), "") << "as short as a failover";
  clock_.advance(1s);
  EXPECT_EQ(watch_.problem(), "the database has failed for 11s: a cannot write: the file is read-only");
  succeed("a cannot write");
  EXPECT_EQ(watch_.problem(), "");
}

TEST_F(DatabaseWatchTest, OtherCallsThatSucceedHideNothing) {
  fail("a cannot write");
  for (int i = 0; i < 11; ++i) {
    clock_.advance(1s);
    succeed("a cannot claim");
  }
  EXPECT_NE(watch_.problem(), "");
}

TEST_F(DatabaseWatchTest, AJobThatIsGoneIsNoProblem) {
  fail("a cannot write");
  clock_.advance(11s);
  watch_.forget("a cannot write");
  EXPECT_EQ(watch_.problem(), "");
}

TEST_F(DatabaseWatchTest, AJobWithNothingToDoFailsNoLonger) {
  fail("a cannot renew");
  clock_.advance(11s);
  watch_.settle("a cannot renew");
  EXPECT_EQ(watch_.problem(), "");
  EXPECT_EQ(log_.count("the database works again"), 1U);
}

TEST_F(DatabaseWatchTest, ACallThatFailsAfterLongStaysAProblem) {
  {
    Call call(watch_, "a cannot claim");
    clock_.advance(11s);
    EXPECT_NE(watch_.problem(), "");
    call.failed("timed out");
  }
  EXPECT_EQ(watch_.problem(), "the database has failed for 11s: a cannot claim: timed out");
}

TEST_F(DatabaseWatchTest, ACallThatDoesNotReturnIsAProblem) {
  clock_.advance(1h);
  {
    Call call(watch_, "a cannot claim");
    clock_.advance(10s);
    EXPECT_EQ(watch_.problem(), "");
    clock_.advance(1s);
    EXPECT_EQ(watch_.problem(), "the database has not answered for 11s");
    call.succeeded();
    EXPECT_EQ(watch_.problem(), "") << "one that was slow has its answer";
  }
  clock_.advance(1h);
  EXPECT_EQ(watch_.problem(), "");
}

TEST_F(DatabaseWatchTest, ACallThatDoesNotReturnIsTold) {
  const auto begin = clock_.steady_now();
  {
    const Call call(watch_, "a cannot claim");
    for (int i = 0; i < 30; ++i) {
      watch_.look();
      clock_.advance(1s);
    }
    EXPECT_THAT(log_.lines(), testing::ElementsAre("warning the refresh waits: the database has not answered for 11s"));
    EXPECT_EQ(fault_.since(), begin) << "it has failed for as long as the call waits";
  }
  watch_.look();
  EXPECT_EQ(log_.count("info the database works again"), 1U);
  EXPECT_EQ(watch_.problem(), "");
}

TEST_F(DatabaseWatchTest, ACallBehindOthersThatSucceedIsOnlyLate) {
  const Call waiting(watch_, "a cannot claim");
  for (int i = 0; i < 60; ++i) {
    clock_.advance(1s);
    succeed("b cannot claim");
  }
  EXPECT_EQ(watch_.problem(), "");
  clock_.advance(11s);
  EXPECT_EQ(watch_.problem(), "the database has not answered for 11s");
}

TEST_F(DatabaseWatchTest, ACallThatFailsBehindOthersThatSucceedHasFailedOnlyNow) {
  {
    Call waiting(watch_, "a cannot claim");
    clock_.advance(60s);
    succeed("b cannot claim");
    clock_.advance(5s);
    waiting.failed("timed out");
  }
  EXPECT_EQ(watch_.problem(), "");
  clock_.advance(6s);
  EXPECT_EQ(watch_.problem(), "the database has failed for 11s: a cannot claim: timed out");
}

TEST_F(DatabaseWatchTest, TheOldestCallCounts) {
  const Call oldest(watch_, "a cannot claim");
  clock_.advance(6s);
  const Call newer(watch_, "b cannot claim");
  clock_.advance(5s);
  EXPECT_EQ(watch_.problem(), "the database has not answered for 11s");
}

}  // namespace
}  // namespace refresh
