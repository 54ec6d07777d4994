#include "refresh/backlog.hpp"

#include <gtest/gtest.h>

namespace refresh {
namespace {

using namespace std::chrono_literals;

class BacklogTest : public testing::Test {
 protected:
  const base::SteadyTime sent_{1h};
  const base::Time now_{base::Duration{1'000'000'000'000'000}};
  Backlog backlog_;
};

TEST_F(BacklogTest, OfNothingIsNotLate) {
  EXPECT_EQ(backlog_.overdue(sent_), 0s);
  backlog_.look({.due = {}, .lease_end = {}}, now_, sent_);
  EXPECT_EQ(backlog_.overdue(sent_ + 1h), 0s);
}

TEST_F(BacklogTest, GrowsFromWhenTheTaskWasDueOnTheDatabasesClock) {
  backlog_.look({.due = now_ - 30s, .lease_end = {}}, now_, sent_);
  EXPECT_EQ(backlog_.overdue(sent_), 30s);
  EXPECT_EQ(backlog_.overdue(sent_ + 10s), 40s);
}

TEST_F(BacklogTest, WhatIsDueLaterIsLateLater) {
  backlog_.look({.due = now_ + 30s, .lease_end = {}}, now_, sent_);
  EXPECT_EQ(backlog_.overdue(sent_ + 30s), 0s);
  EXPECT_EQ(backlog_.overdue(sent_ + 31s), 1s);
}

TEST_F(BacklogTest, ARunThatStoppedRenewingIsLateFromTheEndOfItsLease) {
  backlog_.look({.due = now_ + 1h, .lease_end = now_ + 15s}, now_, sent_);
  EXPECT_EQ(backlog_.overdue(sent_ + 15s), 0s);
  EXPECT_EQ(backlog_.overdue(sent_ + 20s), 5s);
  backlog_.look({.due = {}, .lease_end = now_ + 30s}, now_ + 20s, sent_ + 20s);
  EXPECT_EQ(backlog_.overdue(sent_ + 20s), 0s) << "it was renewed";
}

TEST_F(BacklogTest, WhatWasSeenDoesNotGrowUntilSomebodyLooks) {
  backlog_.look({.due = now_ - 30s, .lease_end = {}}, now_, sent_);
  EXPECT_EQ(backlog_.overdue_when_looked(), 30s);
  backlog_.look({.due = now_ + 30s, .lease_end = {}}, now_, sent_);
  EXPECT_EQ(backlog_.overdue_when_looked(), 0s);
}

TEST_F(BacklogTest, TheLongestWaitCounts) {
  backlog_.look({.due = now_ - 5s, .lease_end = now_ + 1s}, now_, sent_);
  EXPECT_EQ(backlog_.overdue(sent_ + 10s), 15s);
  backlog_.look({.due = now_ + 5s, .lease_end = now_ + 1s}, now_, sent_);
  EXPECT_EQ(backlog_.overdue(sent_ + 10s), 9s);
}

}  // namespace
}  // namespace refresh
