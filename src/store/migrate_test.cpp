#include "store/migrate.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "sql/error.hpp"
#include "store/embedded.hpp"
#include "store/migration.hpp"
#include "store/open.hpp"
#include "support/database_test.hpp"

namespace store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class MigrateTest : public support::DatabaseTest {
 protected:
  std::unique_ptr<sql::Session> plain() { return session(); }
  Opened open(FirstContent content = FirstContent::nothing) {
    const bool was_new = migrate(*plain(), content);
    return {open_migrated(2, [this] { return plain(); }, clock_), was_new};
  }
  bool has_transactional_ddl() { return plain()->dialect().transactional_ddl; }
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
  /// What the error says that `files` lead to.
  std::string failure(const std::vector<base::EmbeddedFile>& files) {
    try {
      migrate(*plain(), FirstContent::nothing, files);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "none";
  }
};

TEST(Migration, IsTakenApartIntoStatements) {
  constexpr sql::Dialect kDialect{.key = "BIGINT", .table = "X", .mysql_only = "-- "};
  const base::EmbeddedFile file{"0001_a.sql",
                                "-- about; this\nCREATE TABLE t (\n  -- its key; a number\n  id ${key}) ${table};\n"
                                "${mysql_only}ALTER TABLE t;\n\nDROP TABLE u; ;\n"};
  EXPECT_THAT((Migration{1, file}.statements(kDialect)),
              ElementsAre("CREATE TABLE t (\n  id BIGINT) X", "DROP TABLE u"));
}

TEST_P(MigrateTest, TellsANewDatabaseFromAnOldOne) {
  EXPECT_TRUE(open().was_new);
  EXPECT_FALSE(open().was_new);
}

TEST_P(MigrateTest, KeepsTheEpoch) {
  const auto epoch = open().store->load().version.epoch;
  EXPECT_THAT(epoch, SizeIs(16));
  EXPECT_EQ(open().store->load().version.epoch, epoch);
}

TEST_P(MigrateTest, RecordsWhatItApplied) {
  open();
  clock_.advance(std::chrono::hours{1});
  open();
  const auto session = plain();
  auto query = session->query("SELECT number, name, applied_at FROM migration ORDER BY number");
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.get<int>(0), 1);
  EXPECT_EQ(query.get<std::string>(1), "0001_profiles_and_readings.sql");
  EXPECT_EQ(query.get<base::Time>(2), support::FakeClock::kStart);
}

TEST_P(MigrateTest, PutsTheSampleIntoANewDatabaseOnly) {
  const auto first = open(FirstContent::sample);
  EXPECT_THAT(names(*first.store), ElementsAre("H16mr", "c5"));
  for (const auto& row : first.store->load().rows) ASSERT_TRUE(first.store->remove(row->profile.id));
  EXPECT_THAT(names(*open(FirstContent::sample).store), ElementsAre());
}

TEST_P(MigrateTest, AdoptsTheOriginalDatabase) {
  plain()->execute_script(
      has_transactional_ddl()
          ? "CREATE TABLE hardware (id INTEGER PRIMARY KEY AUTOINCREMENT, provider VARCHAR(255), name VARCHAR(255))"
          : "CREATE TABLE hardware (id INT AUTO_INCREMENT PRIMARY KEY, provider TEXT, name VARCHAR(255)) CHARSET "
            "latin1");
  plain()->execute_script(
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

TEST_P(MigrateTest, RunsOnceWhoeverStartsAtTheSameTime) {
  for (int round = 0; round < 3; ++round) {
    database_ = GetParam().make();
    std::atomic<int> found_new = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 6; ++i)
        threads.emplace_back([&] { found_new += open(FirstContent::sample).was_new ? 1 : 0; });
    }
    EXPECT_EQ(found_new, 1);
    EXPECT_EQ(number("SELECT COUNT(*) FROM hardware"), 2);
    EXPECT_EQ(number("SELECT COUNT(*) FROM board"), 1);
  }
}

TEST_P(MigrateTest, AppliesInTheOrderOfNumbers) {
  const auto session = plain();
  const std::vector<base::EmbeddedFile> files = {{"0010_c.sql", "INSERT INTO t VALUES (10)"},
                                                 {"sample.sql", "nonsense"},
                                                 {"0003.sql", "nonsense"},
                                                 {"0002_a.sql", "CREATE TABLE t (id ${key})"}};
  EXPECT_FALSE(migrate(*session, FirstContent::nothing, files));
  EXPECT_EQ(number("SELECT id FROM t"), 10);
}

TEST_P(MigrateTest, AFailedMigrationGoesOnWhereItStopped) {
  std::vector<base::EmbeddedFile> files = {
      {"0002_a.sql", "-- a comment; with a semicolon\nCREATE TABLE t (id ${key}); INSERT INTO t VALUES (1); nonsense"}};
  EXPECT_THAT(failure(files),
              testing::AllOf(HasSubstr("0002_a.sql"), HasSubstr("nonsense"), HasSubstr("'hardware migrate'")));
  EXPECT_EQ(number("SELECT COUNT(*) FROM migration"), 0);
  // SQLite begins from the start, without a trace of the first attempt; the others do not repeat what was done.
  files[0].content = "CREATE TABLE t (id ${key}); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)";
  EXPECT_EQ(failure(files), "none");
  EXPECT_EQ(number("SELECT COUNT(*) FROM t"), 2);
  EXPECT_EQ(number("SELECT COUNT(*) FROM migration"), 1);
}

TEST_P(MigrateTest, ATableOfSomebodyElseIsNotTakenForItsOwn) {
  plain()->execute_script("CREATE TABLE u (id INT)");
  const std::vector<base::EmbeddedFile> files = {
      {"0002_a.sql", "CREATE TABLE t (id ${key}); CREATE TABLE u (id ${key})"}};
  for (int attempt = 0; attempt < 3; ++attempt) EXPECT_THAT(failure(files), HasSubstr("already exists"));
  plain()->execute_script("DROP TABLE u");
  EXPECT_EQ(failure(files), "none");
}

TEST_P(MigrateTest, RecordsOfSomebodyElseAreRefused) {
  plain()->execute_script("CREATE TABLE migration (version VARCHAR(9))");
  for (int attempt = 0; attempt < 2; ++attempt)
    EXPECT_THAT(failure({{"0002_a.sql", "CREATE TABLE t (id ${key})"}}), HasSubstr("'migration' of another program"));
  EXPECT_THROW(number("SELECT COUNT(*) FROM t"), sql::Error) << "nothing was changed";
}

/// As a session of a cluster, whose locks are known to its own node only, and whose commits may lose against another's.
class NodeSession final : public sql::Session {
 public:
  explicit NodeSession(std::unique_ptr<sql::Session> session) : session_(std::move(session)) {}

  const sql::Dialect& dialect() const override { return session_->dialect(); }
  base::Time now() override { return session_->now(); }
  sql::Statement& prepare(std::string_view sql) override {
    if (sql.starts_with("UPDATE migration_progress") && ++updates_ % 3 == 0)
      throw sql::Error(sql::ErrorKind::busy, "Deadlock found (error 1213)");
    return session_->prepare(sql);
  }
  void execute_script(std::string_view sql) override { session_->execute_script(sql); }
  bool take_lock(std::string_view, std::chrono::seconds) override { return true; }
  void begin(sql::Access access) override { session_->begin(access); }
  void commit() override { session_->commit(); }
  void rollback() noexcept override { session_->rollback(); }
  bool usable() const override { return session_->usable(); }

 private:
  std::unique_ptr<sql::Session> session_;
  int updates_ = 0;
};

TEST_P(MigrateTest, RunsOnceOnEachNodeOfACluster) {
  std::atomic<int> found_new = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i)
      threads.emplace_back([&] {
        NodeSession node(plain());
        found_new += migrate(node, FirstContent::sample) ? 1 : 0;
      });
  }
  EXPECT_EQ(found_new, 1);
  EXPECT_EQ(number("SELECT COUNT(*) FROM hardware"), 2);
  EXPECT_EQ(number("SELECT COUNT(*) FROM board"), 1);
  EXPECT_TRUE(pending_migrations(*plain()).empty());
}

TEST_P(MigrateTest, AMigrationThatWasKilledGoesOn) {
  if (has_transactional_ddl()) return;  // nothing is left of it
  const std::vector<base::EmbeddedFile> files = {
      {"0002_a.sql", "CREATE TABLE t (id ${key}); INSERT INTO t VALUES (1)"}};
  EXPECT_THAT(failure({{"0002_a.sql", "nonsense"}}), HasSubstr("statement 1 of 1"));
  // Ended after the first statement, before that was recorded.
  plain()->execute_script("CREATE TABLE t (id BIGINT PRIMARY KEY); UPDATE migration_progress SET begun = 1");
  EXPECT_EQ(failure(files), "none");
  EXPECT_EQ(number("SELECT COUNT(*) FROM t"), 1);
}

TEST_P(MigrateTest, ACurrentSchemaNeedsNoLock) {
  open();
  const auto migrating = plain();
  ASSERT_TRUE(migrating->take_lock("vacancy migration", std::chrono::seconds{0}));
  EXPECT_FALSE(migrate(*plain()));
  if (!has_transactional_ddl()) EXPECT_FALSE(plain()->take_lock("vacancy migration", std::chrono::seconds{0}));
}

TEST_P(MigrateTest, RefusesTheDatabaseOfANewerProgram) {
  open();
  std::vector<base::EmbeddedFile> newer(embedded_files().begin(), embedded_files().end());
  const auto session = plain();
  newer.push_back({"0098_more.sql",
                   "-- compatible: adds a table and a column\nCREATE TABLE more (id ${key});"
                   "ALTER TABLE reading ADD COLUMN more INT"});
  migrate(*session, FirstContent::nothing, newer);
  const auto old = open();
  ASSERT_TRUE(old.store->add({"Amazon", "c5"})) << "an old program goes on working";
  EXPECT_THAT(names(*old.store), ElementsAre("c5"));
  newer.push_back({"0097_another.sql", "CREATE TABLE another (id ${key})"});
  newer.push_back({"0099_other.sql", "CREATE TABLE other (id ${key})"});
  migrate(*session, FirstContent::nothing, newer);
  try {
    open();
    FAIL();
  } catch (const base::UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("0099_other.sql"));
    EXPECT_THAT(error.what(), HasSubstr("newer"));
  }
}

INSTANTIATE_DATABASE_TEST_SUITE(MigrateTest);

}  // namespace
}  // namespace store
