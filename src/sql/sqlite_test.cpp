#include "sql/sqlite.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "base/error.hpp"
#include "sql/error.hpp"
#include "sql/session.hpp"
#include "sql/sqlite_log.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace sql {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class SqliteTest : public testing::Test {
 protected:
  /// The message of the UsageError that opening throws.
  std::string refusal(const std::string& url) {
    try {
      sql::open({url}, clock_);
    } catch (const base::UsageError& error) {
      return error.what();
    }
    return "opened";
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) names.insert(entry.path().filename());
    return names;
  }

  support::FakeClock clock_;
  support::TempDir dir_;
  std::string url_ = "sqlite:" + dir_ / "test.db";
};

TEST_F(SqliteTest, SaysWhatIsWrongWithAUrl) {
  EXPECT_THAT(refusal("oracle://user:secret@host/db"), HasSubstr("use sqlite:PATH or mysql://"));
  EXPECT_THAT(refusal("oracle://user:secret@host/db"), Not(HasSubstr("secret")));
  EXPECT_THAT(refusal("vacancy.db"), HasSubstr("use sqlite:PATH"));
  EXPECT_THAT(refusal("sqlite:"), HasSubstr("give the path of a file"));
  EXPECT_THAT(refusal("sqlite::memory:"), HasSubstr("give the path of a file"));
}

TEST_F(SqliteTest, SaysWhyAFileCannotBeOpened) {
  EXPECT_THAT(refusal("sqlite:" + dir_ / "none/test.db"), HasSubstr("none' does not exist; create it"));
  EXPECT_THAT(refusal("sqlite:" + dir_.path().string()), HasSubstr("is a directory"));
  std::ofstream(dir_ / "text") << std::string(5000, 'x');
  EXPECT_THAT(refusal("sqlite:" + dir_ / "text"), HasSubstr("not a SQLite database"));
}

TEST_F(SqliteTest, SaysThatAFileIsReadOnly) {
  sql::open({url_}, clock_)->execute_script("CREATE TABLE t (v INT)");
  using std::filesystem::perms;
  std::filesystem::permissions(dir_ / "test.db", perms::owner_read | perms::group_read | perms::others_read);
  std::filesystem::permissions(dir_.path(), perms::all);
  // Permissions do not bind root.
  const auto user = geteuid();
  if (user == 0) ASSERT_EQ(seteuid(65534), 0);
  EXPECT_THAT(refusal(url_), HasSubstr("read-only"));
  ASSERT_EQ(seteuid(user), 0);
}

TEST_F(SqliteTest, MakesANewDatabaseWholeOrNotAtAll) {
  sql::open({url_}, clock_);
  EXPECT_GE(std::filesystem::file_size(dir_ / "test.db"), 4096U);
  EXPECT_EQ(files(), (std::set<std::string>{"test.db"}));
}

TEST_F(SqliteTest, MakesOneDatabaseWhoeverStartsAtTheSameTime) {
  for (int round = 0; round < 5; ++round) {
    const std::string url = fmt::format("sqlite:{}", dir_ / fmt::format("test{}.db", round));
    std::vector<std::unique_ptr<Session>> sessions(6);
    {
      std::vector<std::jthread> threads;
      for (auto& session : sessions) threads.emplace_back([&] { session = sql::open({url}, clock_); });
    }
    sessions.front()->execute_script("CREATE TABLE t (v INT)");
    for (auto& session : sessions) EXPECT_EQ(session->run("INSERT INTO t VALUES (1)"), 1);
  }
}

TEST_F(SqliteTest, AnEmptyFileIsNoDatabase) {
  std::ofstream(dir_ / "test.db").flush();
  EXPECT_THAT(refusal(url_), AllOf(HasSubstr("the file is empty"), HasSubstr("vacancy restore FILE")));
  EXPECT_EQ(std::filesystem::file_size(dir_ / "test.db"), 0U);
}

TEST_F(SqliteTest, ALogWithoutItsDatabaseIsALoss) {
  std::ofstream(dir_ / "test.db-wal") << "frames";
  EXPECT_THAT(refusal(url_), AllOf(HasSubstr("a database is lost"), HasSubstr("vacancy restore FILE")));
  EXPECT_EQ(files(), (std::set<std::string>{"test.db-wal"}));
}

/// What happens to the files of a database while a session has it open.
class SqliteFilesTest : public SqliteTest {
 protected:
  SqliteFilesTest() {
    session_ = sql::open({url_}, clock_);
    session_->execute_script("CREATE TABLE t (v INT)");
  }
  /// What the session says when a transaction begins; "" when it is content.
  std::string complaint() {
    std::string read, write;
    for (const auto& [access, says] : {std::pair{Access::read, &read}, std::pair{Access::write, &write}}) try {
        const Transaction transaction(*session_, access);
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::lost);
        *says = error.what();
      }
    EXPECT_EQ(read, write);
    return read;
  }
  void rename(const std::string& from, const std::string& to) { std::filesystem::rename(dir_ / from, dir_ / to); }

  std::unique_ptr<Session> session_;
};

TEST_F(SqliteFilesTest, NothingIsReadOrWrittenWhileAFileIsAway) {
  EXPECT_EQ(complaint(), "");
  for (const std::string file : {"test.db", "test.db-wal", "test.db-shm"}) {
    rename(file, "away");
    EXPECT_THAT(complaint(), AllOf(HasSubstr(file + "' was deleted or moved"), HasSubstr("restart the program")));
    rename("away", file);
    EXPECT_EQ(complaint(), "") << "it is back";
  }
}

TEST_F(SqliteFilesTest, NothingIsReadOrWrittenWhenAnotherFileTookItsPlace) {
  sql::open({"sqlite:" + dir_ / "other.db"}, clock_);
  rename("other.db", "test.db");
  EXPECT_THAT(complaint(), HasSubstr("test.db' was replaced by another file"));
}

TEST_F(SqliteFilesTest, TheWholeDirectoryMayBeExchanged) {
  std::filesystem::create_directory(dir_ / "data");
  session_ = sql::open({"sqlite:" + dir_ / "data/test.db"}, clock_);
  EXPECT_EQ(complaint(), "");
  rename("data", "old");
  EXPECT_THAT(complaint(), HasSubstr("deleted or moved"));
  std::filesystem::create_directory(dir_ / "data");
  sql::open({"sqlite:" + dir_ / "data/test.db"}, clock_);
  EXPECT_THAT(complaint(), HasSubstr("replaced by another file"));
}

TEST_F(SqliteFilesTest, NothingIsCommittedIntoADeletedFile) {
  Transaction transaction(*session_, Access::write);
  transaction->run("INSERT INTO t VALUES (1)");
  rename("test.db", "away");
  EXPECT_THROW(transaction.commit(), Error);
  transaction.rollback();
  rename("away", "test.db");
  auto query = session_->query("SELECT COUNT(*) FROM t");
  query.step();
  EXPECT_EQ(query.get<int>(0), 0);
}

TEST_F(SqliteFilesTest, FurtherSessionsTakeNoOtherFile) {
  const Location same = pinned({url_});
  EXPECT_NO_THROW(sql::open(same, clock_));
  rename("test.db", "away");
  EXPECT_THROW(sql::open(same, clock_), Error);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "test.db")) << "none is made";
  sql::open({"sqlite:" + dir_ / "other.db"}, clock_);
  rename("other.db", "test.db");
  EXPECT_THROW(sql::open(same, clock_), Error);
}

TEST_F(SqliteFilesTest, ADeletedDatabaseLeavesTheFilesOfItsSuccessorAlone) {
  for (const char* file : {"test.db", "test.db-wal", "test.db-shm"}) std::filesystem::remove(dir_ / file);
  const auto successor = sql::open({url_}, clock_);
  successor->execute_script("CREATE TABLE u (v INT)");
  session_.reset();
  EXPECT_TRUE(std::filesystem::exists(dir_ / "test.db-wal"));
  EXPECT_EQ(successor->run("INSERT INTO u VALUES (1)"), 1);
}

/// What check_sqlite() says; "" when it finds nothing.
class SqliteCheckTest : public SqliteTest {
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
};

TEST_F(SqliteCheckTest, FindsNothingWrongWithAWholeFile) {
  EXPECT_EQ(damage(), "") << "none is there yet";
  EXPECT_TRUE(files().empty()) << "and none is made";
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

TEST_F(SqliteCheckTest, EndsInTime) {
  fill("test.db", 5000);
  EXPECT_NO_THROW(check_sqlite(dir_ / "test.db", base::Duration{0}));
}

TEST_F(SqliteFilesTest, TheLogIsEmptiedUnlessSomebodyReads) {
  const std::string path = dir_ / "test.db";
  EXPECT_EQ(log_bytes(dir_ / "none.db"), 0U);
  {
    const Transaction reading(*session_, Access::read);
    session_->query("SELECT * FROM t").step();
    const auto writer = sql::open({url_}, clock_);
    for (int i = 0; i < 10; ++i) writer->run("INSERT INTO t VALUES (1)");
    const auto bytes = log_bytes(path);
    EXPECT_GT(bytes, 10'000U);
    EXPECT_FALSE(empty_log(path));
    EXPECT_GE(log_bytes(path), bytes);
    EXPECT_TRUE(log_readers(path).empty()) << "this program is not one of the others";
  }
  EXPECT_TRUE(empty_log(path));
  EXPECT_EQ(log_bytes(path), 0U);
}

}  // namespace
}  // namespace sql
