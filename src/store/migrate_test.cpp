#include "store/migrate.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "sql/open.hpp"
#include "sql/transact.hpp"
#include "store/embedded.hpp"
#include "store/open.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class MigrateTest : public testing::Test {
 protected:
  sql::Pool pool() {
    return sql::Pool(2, [this] { return sql::open(url_, clock_); });
  }
  Opened open(FirstContent content = FirstContent::nothing) { return open_store(url_, 2, clock_, content); }
  std::unique_ptr<sql::Session> plain() { return sql::open(url_, clock_); }
  std::int64_t number(const std::string& sql) {
    const auto session = plain();
    auto query = session->query(sql);
    query.step();
    return query.get<std::int64_t>(0);
  }
  static std::vector<std::string> names(Store& store) {
    std::vector<std::string> names;
    for (const auto& row : store.load().rows) names.push_back(row->profile.key.name);
    std::ranges::sort(names);
    return names;
  }

  support::FakeClock clock_;
  support::TempDir dir_;
  std::string url_ = "sqlite:" + dir_ / "test.db";
};

TEST_F(MigrateTest, TellsANewDatabaseFromAnOldOne) {
  EXPECT_TRUE(open().was_new);
  EXPECT_FALSE(open().was_new);
}

TEST_F(MigrateTest, KeepsTheEpoch) {
  const auto epoch = open().store->load().version.epoch;
  EXPECT_THAT(epoch, SizeIs(16));
  EXPECT_EQ(open().store->load().version.epoch, epoch);
}

TEST_F(MigrateTest, RecordsWhatItApplied) {
  open();
  clock_.advance(std::chrono::hours{1});
  open();
  const auto session = plain();
  auto query = session->query("SELECT number, name, applied_at FROM migration");
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.get<int>(0), 1);
  EXPECT_EQ(query.get<std::string>(1), "0001_profiles_and_readings.sql");
  EXPECT_EQ(query.get<base::Time>(2), support::FakeClock::kStart);
}

TEST_F(MigrateTest, PutsTheSampleIntoANewDatabaseOnly) {
  const auto first = open(FirstContent::sample);
  EXPECT_THAT(names(*first.store), ElementsAre("H16mr", "c5"));
  for (const auto& row : first.store->load().rows) ASSERT_TRUE(first.store->remove(row->profile.id));
  EXPECT_THAT(names(*open(FirstContent::sample).store), ElementsAre());
}

TEST_F(MigrateTest, AdoptsTheOriginalDatabase) {
  plain()->execute_script(
      "CREATE TABLE hardware (id INTEGER PRIMARY KEY AUTOINCREMENT, provider VARCHAR(255), name VARCHAR(255));"
      "INSERT INTO hardware (id, provider, name) VALUES (7, 'Amazon', 'c5'), (9, 'Azure', 'H16mr'),"
      " (12, 'Amazon', 'c5'), (13, NULL, 'x')");
  const auto opened = open(FirstContent::sample);
  EXPECT_FALSE(opened.was_new);
  const auto rows = opened.store->load().rows;
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[0]->profile, (core::Profile{7, {"Amazon", "c5"}}));
  EXPECT_EQ(rows[1]->profile, (core::Profile{9, {"Azure", "H16mr"}}));
  EXPECT_GT(rows[0]->revision, 0);

  const auto session = plain();
  auto query = session->query("SELECT * FROM hardware WHERE id = 9");
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.get<int>(0), 9);
  EXPECT_EQ(query.get<std::string>(1), "Azure");
  EXPECT_EQ(query.get<std::string>(2), "H16mr");
  EXPECT_EQ(number("SELECT COUNT(*) FROM hardware"), 4) << "nobody's rows are deleted";
  EXPECT_EQ(opened.store->add({"new", "one"})->id, 14) << "ids go on";
}

TEST_F(MigrateTest, RunsOnceWhoeverStartsAtTheSameTime) {
  for (int round = 0; round < 5; ++round) {
    url_ = "sqlite:" + dir_ / fmt::format("{}.db", round);
    std::atomic<int> found_new = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 6; ++i)
        threads.emplace_back([&] { found_new += open_store(url_, 1, clock_, FirstContent::sample).was_new ? 1 : 0; });
    }
    EXPECT_EQ(found_new, 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM hardware"), 2);
    EXPECT_EQ(number("SELECT COUNT(*) FROM board"), 1);
  }
}

TEST_F(MigrateTest, AppliesInTheOrderOfNumbers) {
  auto pool = this->pool();
  const std::vector<base::EmbeddedFile> files = {{"0010_c.sql", "INSERT INTO t VALUES (10)"},
                                                 {"sample.sql", "nonsense"},
                                                 {"0002_a.sql", "CREATE TABLE t (id ${key})"}};
  EXPECT_FALSE(migrate(pool, FirstContent::nothing, files));
  EXPECT_EQ(number("SELECT id FROM t"), 10);
}

TEST_F(MigrateTest, AFailedMigrationLeavesNothing) {
  auto pool = this->pool();
  std::vector<base::EmbeddedFile> files = {{"0002_a.sql", "CREATE TABLE t (id ${key}); nonsense"}};
  EXPECT_THROW(migrate(pool, FirstContent::nothing, files), sql::Error);
  files[0].content = "CREATE TABLE t (id ${key})";
  EXPECT_NO_THROW(migrate(pool, FirstContent::nothing, files));
}

TEST_F(MigrateTest, RefusesTheDatabaseOfANewerProgram) {
  open();
  std::vector<base::EmbeddedFile> newer(embedded_files().begin(), embedded_files().end());
  auto pool = this->pool();
  newer.push_back({"0098_more.sql", "-- compatible: adds a table\nCREATE TABLE more (id ${key})"});
  migrate(pool, FirstContent::nothing, newer);
  EXPECT_NO_THROW(open()) << "a compatible one";
  newer.push_back({"0099_other.sql", "CREATE TABLE other (id ${key})"});
  migrate(pool, FirstContent::nothing, newer);
  try {
    open();
    FAIL();
  } catch (const base::UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("0099_other.sql"));
    EXPECT_THAT(error.what(), HasSubstr("newer"));
  }
}

}  // namespace
}  // namespace store
