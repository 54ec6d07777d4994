// Tests that need a database: several stores on one, from several threads, and plain SQL beside them.
#include "support/database_store.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "sql/error.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_P(DatabaseStoreTest, NoTaskIsClaimedTwiceAndNoneIsLost) {
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
          const Claimed got = store.claim({"p", owner, 64, 15s});
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

TEST_P(DatabaseStoreTest, APollerMissesNoRevision) {
  const auto a = open();
  const auto b = open();
  fill(*a, 300);
  const auto reader = open();
  core::Contents start = reader->load();
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
        const Claimed got = store.claim({"p", fmt::format("{}", i), 3, 15s});
        store.finish(outcomes(got.claims, fmt::format("{} {}", i, n)));
        if (n % 4 == 0) EXPECT_TRUE(store.remove(added->id));
      }
      --writing;
    });
  while (writing > 0) fold();
  writers.clear();
  fold();

  const core::Contents end = reader->load();
  EXPECT_EQ(seen, end.version.revision);
  EXPECT_EQ(board.size(), end.rows.size());
  for (const auto& row : end.rows) {
    ASSERT_TRUE(board.contains(row->profile.id)) << row->profile.key.name;
    EXPECT_EQ(*board[row->profile.id], *row);
  }
}

TEST_P(DatabaseStoreTest, ReadingTakesNoWriteLock) {
  const auto store = open();
  fill(*store, 10);
  const Claimed all = store->claim({"p", "a", 10, 15s});
  const auto other = plain();
  const sql::Transaction writing(*other, sql::Access::write);
  other->run("UPDATE board SET revision = revision");
  EXPECT_THAT(store->load().rows, SizeIs(10));
  EXPECT_THAT(store->poll(0).change.rows, SizeIs(10));
  EXPECT_THAT(store->claim({"p", "a", 10, 15s}).claims, IsEmpty());
  EXPECT_EQ(store->add_missing(std::vector<core::NewProfile>{{all.claims[0].profiles.front().key, {}}}), 0U);
  store->assign(std::vector<Assignment>{{all.claims[0].profiles.front().id, "p", kRule.ttl}});
  store->forget_removed(1h);
}

TEST_P(DatabaseStoreTest, DueTasksAndChangesAreFoundByIndex) {
  const auto store = open();
  fill(*store, 2000);
  const auto session = plain();
  const bool sqlite = is_sqlite();
  if (!sqlite) session->execute_script("ANALYZE TABLE task, reading, hardware");
  const auto plan = [&](const std::string& sql) {
    std::string text;
    auto query = session->query((sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN FORMAT=JSON ") + sql);
    while (query.step()) text += query.get<std::string>(sqlite ? 3 : 0) + "; ";
    return text;
  };
  const auto used = [](const std::string& index) -> testing::Matcher<std::string> {
    return testing::AnyOf(HasSubstr("\"key\": \"" + index), HasSubstr("\"index_name\": \"" + index));
  };
  EXPECT_THAT(
      plan("SELECT id, due FROM task WHERE probe = 'p' AND due <= 1 AND lease_until < 1 ORDER BY due LIMIT 9"),
      sqlite ? testing::Matcher<std::string>(HasSubstr("SEARCH task USING COVERING INDEX task_due (probe=? AND due<?)"))
             : used("task_due"));
  EXPECT_THAT(plan("SELECT h.id FROM reading r JOIN hardware h ON h.id = r.profile_id WHERE r.revision > 1" +
                   std::string(16, '0')),
              HasSubstr("reading_revision"));
  EXPECT_THAT(
      plan("SELECT id, provider, name FROM hardware WHERE revision = 0 AND id > 0 ORDER BY id LIMIT 4096"),
      sqlite ? testing::Matcher<std::string>(HasSubstr("SEARCH hardware USING INDEX hardware_revision (revision=?"))
             : used("hardware_revision"));
}

TEST_P(DatabaseStoreTest, ABoardWithoutItsRowIsNamedAndMadeAnewAtAStart) {
  const auto store = open();
  fill(*store, 2);
  const core::Version before = store->load().version;
  plain()->run("DELETE FROM board");
  const std::vector<std::function<void()>> calls{[&] { store->poll(before.revision); }, [&] { store->load(); },
                                                 [&] { store->add({"Amazon", "c5"}).value(); },
                                                 [&] { store->prepare("p", 60s, false); }};
  for (const auto& call : calls) {
    try {
      call();
      ADD_FAILURE() << "did not notice";
    } catch (const sql::Error& error) {
      EXPECT_EQ(error.kind(), sql::ErrorKind::other);
      EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("table board"), HasSubstr("hardware migrate")));
    }
  }
  const auto other = open();
  const core::Contents loaded = other->load();
  EXPECT_THAT(loaded.rows, SizeIs(2));
  EXPECT_NE(loaded.version.epoch, before.epoch) << "readers load all anew";
  EXPECT_GT(loaded.version.revision, before.revision);
  EXPECT_GE(loaded.removed_since, before.revision) << "what was removed until then is not known";
  EXPECT_EQ(store->load().version.epoch, loaded.version.epoch) << "who was running goes on";
  EXPECT_TRUE(store->add({"Amazon", "c5"}));
  plain()->run("INSERT INTO board (id, epoch, revision, removed_since) VALUES (2, 'x', 0, 0)");
  EXPECT_EQ(store->poll(0).epoch, loaded.version.epoch) << "further rows are nobody's";
}

TEST_P(DatabaseStoreTest, OverlappingChangesAreSeenInTheOrderOfTheirRevisions) {
  const auto store = open();
  const auto first = store->add({"Amazon", "first"});
  const auto seen = store->load().version.revision;
  const auto other = plain();
  std::optional<sql::Transaction> slow(std::in_place, *other, sql::Access::write);
  other->run("UPDATE board SET revision = revision + 1");
  other->run("UPDATE reading SET revision = ? WHERE profile_id = ?", seen + 1, first->id);
  std::atomic<bool> added = false;
  std::jthread later([&] {
    EXPECT_TRUE(store->add({"Amazon", "second"}));
    added = true;
  });
  // The second change began later, and must not be seen before the first, which a poller would then miss.
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(store->poll(seen).change.empty());
  EXPECT_FALSE(added);
  slow->commit();
  later.join();
  const auto change = store->poll(seen).change;
  ASSERT_THAT(change.rows, SizeIs(2));
  EXPECT_EQ(std::max(change.rows[0]->revision, change.rows[1]->revision), seen + 2);
}

TEST_P(DatabaseStoreTest, AStoppedWriterDoesNotStopTheOthersForEver) {
  if (is_sqlite()) return;  // its processes share a machine, and its file locks have no owner to lose
  const auto store = open();
  const auto hung = plain();
  const sql::Transaction never_ends(*hung, sql::Access::write);
  hung->run("UPDATE board SET revision = revision + 1");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(store->add({"Amazon", "c5"}));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2min);
}

/// A backup that is put back undoes the last change.
class RestoreTest : public DatabaseStoreTest {
 protected:
  void SetUp() override {
    DatabaseStoreTest::SetUp();
    if (IsSkipped()) return;
    store_ = open();
    fill(*store_, 2);
    backed_up_ = store_->load();
    lost_ = store_->add({"Amazon", "lost"})->id;
    seen_ = store_->load().version;
    ASSERT_GT(seen_.revision, backed_up_.version.revision);
  }
  void restore() {
    plain()->run("DELETE FROM hardware WHERE id = ?", lost_);
    plain()->run("DELETE FROM reading WHERE profile_id = ?", lost_);
    plain()->run("UPDATE board SET revision = ?", backed_up_.version.revision);
    clock_.advance(1s);
  }

  std::unique_ptr<Store> store_;
  core::Contents backed_up_;
  core::ProfileId lost_ = 0;
  core::Version seen_;
};

TEST_P(RestoreTest, IsANewEpochForWhoPolls) {
  restore();
  EXPECT_NE(store_->poll(seen_.revision).epoch, seen_.epoch);
  const auto loaded = store_->load();
  EXPECT_GT(loaded.version.revision, seen_.revision);
  EXPECT_THAT(loaded.rows, SizeIs(2));
  EXPECT_EQ(store_->poll(loaded.version.revision).epoch, loaded.version.epoch) << "once";
}

TEST_P(RestoreTest, IsANewEpochForWhoPollsFromTheBeginning) {
  restore();
  EXPECT_NE(store_->poll(0).epoch, seen_.epoch) << "this process has seen a later revision";
}

TEST_P(RestoreTest, GivesNoRevisionOutTwiceWhateverTheClockSays) {
  restore();
  clock_.set_wall(clock_.wall_now() - 24h);
  store_->poll(seen_.revision);
  EXPECT_GT(store_->load().version.revision, seen_.revision);
}

TEST_P(RestoreTest, IsANewEpochForWhoWrites) {
  const auto other = open();
  other->load();
  restore();
  ASSERT_TRUE(other->add({"Amazon", "new"}));
  const auto polled = store_->poll(seen_.revision);
  EXPECT_NE(polled.epoch, seen_.epoch) << "although the revision is later than the one before the restore";
}

TEST_P(RestoreTest, LeavesAGapForWhoStarts) {
  store_.reset();
  restore();
  const auto loaded = open()->load();
  EXPECT_EQ(loaded.version.epoch, seen_.epoch);
  EXPECT_GT(loaded.version.revision, seen_.revision) << "no revision is given out twice";
  const auto in_gap = [&](core::Revision revision) {
    return std::ranges::any_of(loaded.gaps, [=](const core::Gap& gap) { return gap.contains(revision); });
  };
  EXPECT_TRUE(in_gap(seen_.revision));
  EXPECT_FALSE(in_gap(backed_up_.version.revision));
  EXPECT_FALSE(in_gap(loaded.version.revision));
}

TEST_P(DatabaseStoreTest, TheOldestOfManyGapsAreForgottenWithTheDeletionsBeforeThem) {
  open();
  plain()->execute_script("DELETE FROM gap");
  std::vector<core::Revision> gaps;
  for (core::Revision gap = 1; gap <= 1100; ++gap) gaps.push_back(gap);
  static const sql::RowsStatement kInsert("INSERT INTO gap (before_revision, after_revision) VALUES ", 2);
  const auto session = plain();
  kInsert.run(*session, std::span<const core::Revision>(gaps),
              [](sql::Query& query, core::Revision gap) { query.bind(2 * gap, 2 * gap - 1); });
  const core::Contents loaded = open()->load();
  EXPECT_EQ(loaded.gaps.size(), 1000U);
  EXPECT_GE(loaded.removed_since, 200) << "readers that are older need everything";
}

TEST_P(DatabaseStoreTest, AResultThatIsRefusedIsNoChange) {
  const auto store = open();
  fill(*store, 1);
  const auto held = store->claim({"p", "a", 1, 15s}).claims;
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_THAT(store->finish(outcomes(held, "x")), IsEmpty());
  const auto before = store->load().version.revision;
  EXPECT_THAT(store->finish(outcomes(held, "late")), SizeIs(1));
  EXPECT_EQ(store->load().version.revision, before);
}

TEST_P(DatabaseStoreTest, AStartOnTheSameWorldLosesNoReader) {
  std::vector<core::Revision> given_out;
  for (int start = 0; start < 3; ++start) {
    const auto store = open();
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(store->add({"Amazon", fmt::format("{}-{}", start, i)}));
      given_out.push_back(store->load().version.revision);
    }
    clock_.advance(1s);
  }
  const auto gaps = open()->load().gaps;
  ASSERT_FALSE(gaps.empty());
  ASSERT_FALSE(given_out.empty());
  for (const auto revision : given_out)
    for (const core::Gap& gap : gaps) EXPECT_FALSE(gap.contains(revision));
}

INSTANTIATE_DATABASE_TEST_SUITE(RestoreTest);
INSTANTIATE_DATABASE_TEST_SUITE(DatabaseStoreTest);

}  // namespace
}  // namespace store
