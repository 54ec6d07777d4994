#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "sql/session.hpp"
#include "sql/sqlite.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace sql {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// What check_sqlite() says; "" when it finds nothing.
class SqliteCheckTest : public testing::Test {
 protected:
  std::string damage() {
    try {
      check_sqlite(dir_ / "test.db", std::chrono::minutes{1});
    } catch (const base::UsageError& error) {
      return error.what();
    }
    return "";
  }
  /// A table with an index and `rows` rows in the file `name`.
  void fill(const std::string& name, int rows) {
    const auto session = sql::open({"sqlite:" + dir_ / name}, clock_);
    session->execute_script("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE INDEX t_v ON t (v)");
    for (int i = 0; i < rows; ++i) session->run("INSERT INTO t (v) VALUES (?)", fmt::format("{} {}", name, i));
  }

  support::FakeClock clock_;
  support::TempDir dir_;
  std::string url_ = "sqlite:" + dir_ / "test.db";
};

TEST_F(SqliteCheckTest, FindsNothingWrongWithAWholeFile) {
  EXPECT_EQ(damage(), "") << "none is there yet";
  EXPECT_TRUE(std::filesystem::is_empty(dir_.path())) << "and none is made";
  fill("test.db", 500);
  EXPECT_EQ(damage(), "");
}

TEST_F(SqliteCheckTest, FindsABrokenPage) {
  fill("test.db", 500);
  std::fstream(dir_ / "test.db", std::ios::in | std::ios::out | std::ios::binary).seekp(4096) << std::string(2000, 'x');
  EXPECT_THAT(damage(), AllOf(HasSubstr("the file is damaged"), HasSubstr("vacancy restore FILE")));
}

TEST_F(SqliteCheckTest, FindsTheLogOfAnotherDatabase) {
  fill("other.db", 2000);
  {
    // As a process that was killed leaves its files.
    const auto session = sql::open({url_}, clock_);
    session->execute_script("CREATE TABLE u (id INTEGER PRIMARY KEY, v TEXT); CREATE INDEX u_v ON u (v)");
    for (int i = 0; i < 500; ++i) session->run("INSERT INTO u (v) VALUES (?)", fmt::format("killed {}", i));
    session->execute_script("PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO u (v) VALUES ('more')");
    std::filesystem::copy_file(dir_ / "test.db-wal", dir_ / "wal");
  }
  std::filesystem::copy_file(dir_ / "other.db", dir_ / "test.db", std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy_file(dir_ / "wal", dir_ / "test.db-wal");
  for (int look = 0; look < 2; ++look) EXPECT_THAT(damage(), HasSubstr("the file is damaged"));
  std::filesystem::remove(dir_ / "test.db-wal");
  std::filesystem::remove(dir_ / "test.db-shm");
  EXPECT_EQ(damage(), "") << "a look writes nothing of the log into the file";
}

TEST_F(SqliteCheckTest, LooksCloserAfterACrash) {
  {
    const auto session = sql::open({url_}, clock_);
    // An index that lacks a row, as after a write that was lost.
    session->execute_script(
        "CREATE TABLE t (v INT); CREATE INDEX t_v ON t (v) WHERE v > 1; INSERT INTO t VALUES (1), (2);"
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX t_v ON t (v)' WHERE name = 't_v'");
    for (const std::string suffix : {"", "-wal"})
      std::filesystem::copy_file(dir_ / ("test.db" + suffix), dir_ / ("crashed.db" + suffix));
  }
  EXPECT_EQ(damage(), "") << "indexes take too long to be looked at in each start";
  for (const std::string suffix : {"", "-wal"})
    std::filesystem::rename(dir_ / ("crashed.db" + suffix), dir_ / ("test.db" + suffix));
  EXPECT_THAT(damage(), HasSubstr("missing from index t_v"));
}

TEST_F(SqliteCheckTest, EndsInTime) {
  {
    const auto session = sql::open({url_}, clock_);
    session->execute_script("CREATE TABLE t (v INT CHECK (v > 0))");
    const Transaction change(*session, Access::write);
    for (int i = 1; i <= 20'000; ++i) session->run("INSERT INTO t VALUES (?)", i);
    session->commit();
    session->execute_script("PRAGMA ignore_check_constraints = ON; INSERT INTO t VALUES (0)");
  }
  EXPECT_THAT(damage(), HasSubstr("CHECK constraint failed in t"));
  EXPECT_NO_THROW(check_sqlite(dir_ / "test.db", base::Duration{0})) << "gave up before the last row";
}

}  // namespace
}  // namespace sql
