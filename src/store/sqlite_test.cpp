// What only a database file can show: several stores on one file, from several threads, and plain SQL beside them.
#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <thread>

#include "sql/open.hpp"
#include "store/open.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr core::FreshnessRule kRule{60s, 30s, 5min};

class SqliteStoreTest : public testing::Test {
 protected:
  std::unique_ptr<Store> open() { return open_store(url_, 2, clock_).store; }
  std::unique_ptr<sql::Session> plain() { return sql::open(url_, clock_); }
  static void fill(Store& store, int count) {
    std::vector<core::ProfileKey> keys;
    for (int i = 0; i < count; ++i) keys.push_back({"many", fmt::format("{:05}", i)});
    store.add_missing(keys);
    std::vector<Assignment> assignments;
    for (const auto& row : store.load().rows) assignments.push_back({row->profile.id, "p", kRule.ttl});
    store.assign(assignments);
  }
  static std::vector<Outcome> outcomes(const std::vector<Claim>& claims, const std::string& reason) {
    std::vector<Outcome> outcomes;
    for (const Claim& claim : claims)
      outcomes.push_back({.task = claim.task,
                          .profile = claim.profile.id,
                          .token = claim.token,
                          .result = core::Measurement{core::Level::high, {}, {}, {}, {}, reason},
                          .took = {},
                          .ended_ago = {},
                          .rule = kRule});
    return outcomes;
  }

  support::FakeClock clock_;
  support::TempDir dir_;
  std::string url_ = "sqlite:" + dir_ / "test.db";
};

TEST_F(SqliteStoreTest, NoTaskIsClaimedTwiceAndNoneIsLost) {
  constexpr int kTasks = 3000;
  const auto a = open();
  const auto b = open();
  fill(*a, kTasks);
  std::vector<std::vector<Claim>> claimed(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < claimed.size(); ++i)
      threads.emplace_back([&, i] {
        Store& store = i % 2 == 0 ? *a : *b;
        const std::string owner = fmt::format("owner {}", i);
        for (;;) {
          const Claimed got = store.claim("p", owner, 64, 15s);
          if (got.claims.empty() && (!got.next_due || *got.next_due > got.now)) return;
          claimed[i].insert(claimed[i].end(), got.claims.begin(), got.claims.end());
          EXPECT_THAT(store.finish(outcomes(got.claims, owner)), IsEmpty());
        }
      });
  }
  std::map<TaskId, int> times;
  for (const auto& claims : claimed)
    for (const Claim& claim : claims) ++times[claim.task];
  EXPECT_THAT(times, SizeIs(kTasks));
  for (const auto& [task, count] : times) EXPECT_EQ(count, 1) << "task " << task;
  for (const auto& row : a->load().rows) EXPECT_TRUE(row->reading) << row->profile.key.name;
}

TEST_F(SqliteStoreTest, APollerMissesNoRevision) {
  const auto a = open();
  const auto b = open();
  fill(*a, 300);
  const auto reader = open();
  Loaded start = reader->load();
  std::map<core::ProfileId, core::RowPtr> board;
  for (const auto& row : start.rows) board[row->profile.id] = row;
  core::Revision seen = start.version.revision;
  const auto fold = [&] {
    const core::Change change = reader->poll(seen).change;
    for (const auto& row : change.rows) {
      EXPECT_GT(row->revision, seen);
      board[row->profile.id] = row;
    }
    for (const auto& gone : change.removed) board.erase(gone.id);
    seen = std::max(seen, change.revision());
  };

  std::atomic<int> writing = 4;
  std::vector<std::jthread> writers;
  for (int i = 0; i < 4; ++i)
    writers.emplace_back([&, i] {
      Store& store = i % 2 == 0 ? *a : *b;
      for (int n = 0; n < 40; ++n) {
        const auto added = store.add({fmt::format("writer {}", i), fmt::format("{}", n)});
        EXPECT_TRUE(added.has_value());
        const Claimed got = store.claim("p", fmt::format("{}", i), 3, 15s);
        store.finish(outcomes(got.claims, fmt::format("{} {}", i, n)));
        if (n % 4 == 0) EXPECT_TRUE(store.remove(added->id));
      }
      --writing;
    });
  while (writing > 0) fold();
  writers.clear();
  fold();

  const Loaded end = reader->load();
  EXPECT_EQ(seen, end.version.revision);
  EXPECT_EQ(board.size(), end.rows.size());
  for (const auto& row : end.rows) {
    ASSERT_TRUE(board.contains(row->profile.id)) << row->profile.key.name;
    EXPECT_EQ(*board[row->profile.id], *row);
  }
}

TEST_F(SqliteStoreTest, ReadingTakesNoWriteLock) {
  const auto store = open();
  fill(*store, 10);
  const Claimed all = store->claim("p", "a", 10, 15s);
  const auto other = plain();
  const sql::Transaction writing(*other, sql::Access::write);
  EXPECT_THAT(store->load().rows, SizeIs(10));
  EXPECT_THAT(store->poll(0).change.rows, SizeIs(10));
  EXPECT_THAT(store->claim("p", "a", 10, 15s).claims, IsEmpty());
  EXPECT_EQ(store->add_missing(std::vector<core::ProfileKey>{all.claims[0].profile.key}), 0U);
  store->assign(std::vector<Assignment>{{all.claims[0].profile.id, "p", kRule.ttl}});
  store->forget_removed(1h);
}

TEST_F(SqliteStoreTest, DueTasksAndChangesAreFoundByIndex) {
  const auto store = open();
  const auto session = plain();
  const auto plan = [&](const std::string& sql) {
    std::string text;
    auto query = session->query("EXPLAIN QUERY PLAN " + sql);
    while (query.step()) text += query.get<std::string>(3) + "; ";
    return text;
  };
  EXPECT_EQ(plan("SELECT id, due FROM task WHERE probe = 'p' AND due <= 1 AND lease_until < 1 ORDER BY due LIMIT 9"),
            "SEARCH task USING COVERING INDEX task_due (probe=? AND due<?); ");
  EXPECT_THAT(plan("SELECT h.id FROM reading r JOIN hardware h ON h.id = r.profile_id WHERE r.revision > 1"),
              testing::StartsWith("SEARCH r USING COVERING INDEX reading_revision"));
  EXPECT_EQ(plan("SELECT id, provider, name FROM hardware WHERE revision BETWEEN -1 AND 0"),
            "SEARCH hardware USING INDEX hardware_revision (revision>? AND revision<?); ");
}

TEST_F(SqliteStoreTest, ARowThatWasPutRightIsAdoptedAtTheNextStart) {
  const auto store = open();
  plain()->run("INSERT INTO hardware (provider, name) VALUES ('Amazon', ' c5')");
  EXPECT_TRUE(store->poll(0).change.empty());
  plain()->run("UPDATE hardware SET name = 'c5'");
  EXPECT_THAT(open()->load().rows, SizeIs(1));
}

TEST_F(SqliteStoreTest, AProfileDeletedWithPlainSqlIsBuriedAtTheNextStart) {
  const auto store = open();
  fill(*store, 2);
  const auto before = store->load();
  plain()->run("DELETE FROM hardware WHERE id = ?", before.rows[0]->profile.id);
  const auto after = open()->load();
  EXPECT_THAT(after.rows, SizeIs(1));
  const auto change = store->poll(before.version.revision).change;
  ASSERT_THAT(change.removed, SizeIs(1));
  EXPECT_EQ(change.removed[0].id, before.rows[0]->profile.id);
  EXPECT_THAT(store->claim("p", "a", 10, 15s).claims, SizeIs(1));
}

TEST_F(SqliteStoreTest, PlainSqlMayUseAnIdAgain) {
  const auto store = open();
  const auto id = store->add({"Amazon", "c5"})->id;
  ASSERT_TRUE(store->remove(id));
  const auto seen = store->load().version.revision;
  plain()->run("INSERT INTO hardware (id, provider, name) VALUES (?, 'Azure', 'H16mr')", id);
  const auto change = store->poll(seen).change;
  ASSERT_THAT(change.rows, SizeIs(1));
  EXPECT_THAT(change.removed, IsEmpty());
  ASSERT_TRUE(store->remove(id));
}

}  // namespace
}  // namespace store
