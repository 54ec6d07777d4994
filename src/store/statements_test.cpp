// How many ways to the server the calls take that every replica makes all the time.
#include <gmock/gmock.h>

#include <atomic>

#include "support/database_store.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

/// Counts the ways to the server.
class CountingSession final : public sql::Session {
 public:
  CountingSession(std::unique_ptr<sql::Session> session, std::atomic<int>& ways)
      : session_(std::move(session)), ways_(ways) {}

  const sql::Dialect& dialect() const override { return session_->dialect(); }
  base::Time now() override {
    ++ways_;
    return session_->now();
  }
  sql::Statement& prepare(std::string_view sql) override {
    ++ways_;
    return session_->prepare(sql);
  }
  void execute_script(std::string_view sql) override {
    ++ways_;
    session_->execute_script(sql);
  }
  bool take_lock(std::string_view name, std::chrono::seconds patience) override {
    return session_->take_lock(name, patience);
  }
  void begin(sql::Access access) override {
    ++ways_;
    session_->begin(access);
  }
  void commit() override {
    ++ways_;
    session_->commit();
  }
  void rollback() noexcept override { session_->rollback(); }
  bool usable() const override { return session_->usable(); }

 private:
  std::unique_ptr<sql::Session> session_;
  std::atomic<int>& ways_;
};

class StatementsTest : public DatabaseStoreTest {
 protected:
  void SetUp() override {
    DatabaseStoreTest::SetUp();
    if (IsSkipped()) return;
    migrate(*plain());
    store_ = open_migrated(2, [this] { return std::make_unique<CountingSession>(plain(), ways_); }, clock_);
    for (const char* probe : {"p", "q", "r"}) store_->prepare(probe, kRule.ttl, false);
    fill(*store_, 3);
    seen_ = store_->load().version.revision;
  }
  template <class Job>
  int ways(Job job) {
    const int before = ways_;
    job();
    return ways_ - before;
  }
  Claimed claim() { return store_->claim({"p", "a", 10, 15s}); }

  std::atomic<int> ways_ = 0;
  std::unique_ptr<Store> store_;
  core::Revision seen_ = 0;
};

TEST_P(StatementsTest, APollThatFindsNothingIsOne) {
  EXPECT_EQ(ways([&] { EXPECT_TRUE(store_->poll(seen_).change.empty()); }), 1);
  const auto starting = open();
  EXPECT_EQ(ways([&] { EXPECT_TRUE(store_->poll(seen_).change.empty()); }), 1) << "a start skips revisions";
}

TEST_P(StatementsTest, APollReadsRowsAndTheirLabels) {
  finish_all(*store_);
  EXPECT_EQ(ways([&] { EXPECT_THAT(store_->poll(seen_).change.rows, SizeIs(3)); }), 2);
  seen_ = store_->poll(seen_).change.revision();
  ASSERT_TRUE(store_->remove(store_->load().rows[0]->profile.id));
  EXPECT_EQ(ways([&] { EXPECT_THAT(store_->poll(seen_).change.removed, SizeIs(1)); }), 2);
}

TEST_P(StatementsTest, AClaimThatFindsNothingIsOneAndSaysWhenToComeAgain) {
  finish_all(*store_);
  EXPECT_EQ(ways([&] {
              const Claimed claimed = claim();
              EXPECT_THAT(claimed.claims, IsEmpty());
              EXPECT_GT(claimed.next_due, claimed.now);
            }),
            1);
}

TEST_P(StatementsTest, ALookAtAllProbesIsOne) {
  const std::vector<std::string> probes{"p", "q", "r"};
  EXPECT_EQ(ways([&] { EXPECT_THAT(store_->backlogs(probes, true).of, SizeIs(3)); }), 1);
}

TEST_P(StatementsTest, ALookAtManyProbesIsFew) {
  std::vector<std::string> probes{"none", "p"};
  for (int i = 0; i < 98; ++i) probes.push_back(fmt::format("other {}", i));
  Backlogs found;
  EXPECT_EQ(ways([&] { found = store_->backlogs(probes, true); }), 4);
  EXPECT_THAT(found.of, SizeIs(100));
  EXPECT_TRUE(found.of["p"].due);
  EXPECT_FALSE(found.of["none"].due);
}

TEST_P(StatementsTest, ARunCostsAsFewAsItMay) {
  const auto run = [&] {
    Claimed claimed;
    EXPECT_LE(ways([&] { claimed = claim(); }), 7);
    EXPECT_THAT(claimed.claims, SizeIs(3));
    return ways([&] { store_->finish(outcomes(claimed.claims, "x")); });
  };
  EXPECT_LE(run(), 14) << "each first reading is a transition, too";
  clock_.advance(kRule.ttl);
  EXPECT_LE(run(), 11);
}

TEST_P(StatementsTest, AskingForAlertsIsOneWhileThereIsNothingToDo) {
  EXPECT_TRUE(store_->hold_alerts("a", 15s));
  EXPECT_EQ(ways([&] { EXPECT_FALSE(store_->hold_alerts("b", 15s)); }), 1);
  EXPECT_EQ(ways([&] { EXPECT_THAT(store_->due_messages("chat", 10).messages, IsEmpty()); }), 1);
}

INSTANTIATE_DATABASE_TEST_SUITE(StatementsTest);

}  // namespace
}  // namespace store
