// Answers of a service that names no revisions, as a reader folds them into a board.
#include "feed/poller.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fed_board.hpp"

namespace feed {
namespace {

using namespace std::chrono_literals;
using core::Level;

class PollFolderTest : public testing::Test {
 protected:
  PollFolderTest() { runtime_.start(); }

  void fold(std::string_view json, base::Duration took = 1s) {
    support::on(runtime_.background(), [&] { folder_.fold(json, took); });
  }
  core::Row row(const std::string& name, const std::string& provider = "p") {
    const core::RowPtr row = board_.state()->snapshot.find({provider, name});
    return row ? *row : core::Row();
  }

  base::Runtime runtime_{1};
  support::FedBoard board_{runtime_};
  PollFolder folder_{*board_, 9s};
};

constexpr std::string_view kBoth = R"([{"provider":"p","name":"a","availability":"HIGH"},
                                       {"provider":"p","name":"b","availability":"LOW"}])";

TEST_F(PollFolderTest, AReadingHoldsForTwoPeriodsAndIsForgottenAfterFive) {
  fold(kBoth, 1s);
  const core::Reading reading = row("a").reading.value();
  EXPECT_EQ(reading.level, Level::high);
  EXPECT_EQ(reading.stale_at - reading.measured_at, 20s) << "an answer that takes a second comes after ten";
  EXPECT_EQ(reading.expires_at - reading.measured_at, 50s);
  EXPECT_EQ(row("a").probe, "remote");
}

TEST_F(PollFolderTest, EachAnswerIsTheNextRevision) {
  fold(kBoth);
  const auto first = board_.state();
  const core::ProfileId id = row("a").profile.id;
  fold(R"([{"provider":"p","name":"a","availability":"LOW"}])");
  const auto second = board_.state();
  EXPECT_EQ(second->version.epoch, first->version.epoch);
  EXPECT_EQ(second->version.revision, first->version.revision + 1);
  EXPECT_EQ(second->snapshot.size(), 1U) << "b has gone";
  const auto change = second->since(first->version).value();
  EXPECT_EQ(change.rows.size(), 1U);
  EXPECT_EQ(change.removed.size(), 1U);
  EXPECT_EQ(row("a").profile.id, id);
  ASSERT_TRUE(row("a").reading->changed);
  EXPECT_EQ(row("a").reading->changed->from, Level::high);
  fold(R"([{"provider":"p","name":"a","availability":"LOW"}])");
  EXPECT_EQ(row("a").reading->changed->from, Level::high) << "the latest change";
}

TEST_F(PollFolderTest, AnotherFolderBeginsAnew) {
  fold(kBoth);
  const auto before = board_.state();
  PollFolder other(*board_, 9s);
  support::on(runtime_.background(), [&] { other.fold(kBoth, 1s); });
  EXPECT_NE(board_.state()->version.epoch, before->version.epoch);
  EXPECT_FALSE(board_.state()->since(before->version));
  EXPECT_FALSE(row("a").reading->changed);
}

TEST_F(PollFolderTest, ProfilesOfDifferentNamesHaveDifferentIds) {
  fold(R"([{"provider":"ab","name":"c","availability":"HIGH"},{"provider":"a","name":"bc","availability":"HIGH"}])");
  const core::ProfileId first = row("c", "ab").profile.id;
  const core::ProfileId second = row("bc", "a").profile.id;
  EXPECT_NE(first, second);
  for (const core::ProfileId id : {first, second}) {
    EXPECT_GT(id, 0);
    EXPECT_LT(id, 1LL << 53) << "a browser's numbers hold no more";
  }
}

}  // namespace
}  // namespace feed
