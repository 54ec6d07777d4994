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
    } catch (const std::exception& error) {
      return std::string("not a UsageError: ") + error.what();
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

TEST_F(SqliteTest, ItsClockStandsStillWithinAStatement) {
  // One that moves at each look.
  class Ticking final : public base::Clock {
   public:
    base::Time wall_now() const override { return base::Time(base::Duration(++ticks_)); }
    base::SteadyTime steady_now() const override { return {}; }

   private:
    mutable std::int64_t ticks_ = 0;
  } clock;
  const auto session = sql::open({url_}, clock);
  const std::string now(session->dialect().now);
  const std::string sql = fmt::format("SELECT {0} - {0}, {0} - (SELECT {0} WHERE {0} > 0)", now);
  auto query = session->query(sql);
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.get<std::int64_t>(0), 0);
  EXPECT_EQ(query.get<std::int64_t>(1), 0);
  const std::string ask = "SELECT " + now;
  const auto at = [&] {
    auto again = session->query(ask);
    EXPECT_TRUE(again.step());
    return again.get<std::int64_t>(0);
  };
  const auto first = at();
  EXPECT_GT(at(), first);
}

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

/// The rights of the user who opens a database.
class SqliteRightsTest : public SqliteTest {
 protected:
  using perms = std::filesystem::perms;
  static constexpr perms kRead = perms::owner_read | perms::group_read | perms::others_read;
  static constexpr perms kLook = kRead | perms::owner_exec | perms::group_exec | perms::others_exec;

  std::string refusal_with(perms directory, perms file) {
    sql::open({url_}, clock_)->execute_script("CREATE TABLE t (v INT)");
    std::filesystem::permissions(dir_ / "test.db", file);
    return refusal_of_new(directory);
  }
  std::string refusal_of_new(perms directory) {
    std::filesystem::permissions(dir_.path(), directory);
    // Permissions do not bind root.
    const auto user = geteuid();
    if (user == 0) EXPECT_EQ(seteuid(65534), 0);
    const std::string why = refusal(url_);
    checked_.clear();
    try {
      check_sqlite(dir_ / "test.db");
    } catch (const std::exception& error) {
      checked_ = error.what();
    }
    EXPECT_EQ(seteuid(user), 0);
    std::filesystem::permissions(dir_.path(), perms::owner_all);
    // A start checks first, which needs no right to write.
    EXPECT_THAT(checked_, testing::AnyOf("", why));
    return why;
  }
  auto directory_refusal(uid_t user) const {
    return HasSubstr(
        fmt::format("needs to write into the directory '{}' too; allow user {} to do so", dir_.path().string(), user));
  }

  std::string checked_;
  const uid_t refusal_user_ = geteuid() == 0 ? 65534 : geteuid();
};

TEST_F(SqliteRightsTest, TheFileMustBeWritable) {
  EXPECT_THAT(refusal_with(perms::all, kRead),
              HasSubstr(fmt::format("read-only; allow user {} to write it", refusal_user_)));
}

TEST_F(SqliteRightsTest, TheDirectoryMustBeWritable) {
  EXPECT_THAT(refusal_with(kLook, perms::all), directory_refusal(refusal_user_));
  EXPECT_TRUE(std::filesystem::remove(dir_ / "test.db"));
  EXPECT_THAT(refusal_of_new(kLook), directory_refusal(refusal_user_)) << "where there is none yet";
}

TEST_F(SqliteRightsTest, TheDirectoryMustBeOpen) {
  EXPECT_THAT(refusal_with(kRead, perms::all), HasSubstr("cannot be looked at (Permission denied)"));
  EXPECT_THAT(checked_, HasSubstr("cannot be looked at"));
}

TEST_F(SqliteTest, ALinkToNothingIsNoDatabase) {
  std::filesystem::create_symlink("away/real.db", dir_ / "test.db");
  EXPECT_THAT(refusal(url_), HasSubstr("this is a link to 'away/real.db', where there is nothing"));
  EXPECT_EQ(files(), (std::set<std::string>{"test.db"}));
}

TEST_F(SqliteTest, SetsWhatItReliesOn) {
  const auto session = sql::open({url_}, clock_);
  const auto value = [&](const std::string& name) {
    auto query = session->query("PRAGMA " + name);
    query.step();
    return query.get<std::string>(0);
  };
  EXPECT_EQ(value("foreign_keys"), "1");
  EXPECT_EQ(value("synchronous"), "1") << "NORMAL";
  EXPECT_EQ(value("journal_mode"), "wal");
  EXPECT_EQ(value("journal_size_limit"), std::to_string(16 << 20));
  EXPECT_EQ(value("wal_autocheckpoint"), "4000");
  EXPECT_EQ(value("cache_size"), "-16384");
  EXPECT_EQ(value("busy_timeout"), "1000");
}

TEST_F(SqliteTest, AFullDiskIsALoss) {
  const auto session = sql::open({url_}, clock_);
  session->execute_script("CREATE TABLE t (v TEXT); PRAGMA max_page_count = 4");
  try {
    session->run("INSERT INTO t VALUES (?)", std::string(100'000, 'x'));
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::lost);
    EXPECT_THAT(error.what(), HasSubstr("disk is full"));
  }
  session->execute_script("PRAGMA max_page_count = 1000");
  EXPECT_EQ(session->run("INSERT INTO t VALUES ('x')"), 1) << "there is room again";
}

TEST_F(SqliteTest, DamageThatIsMetIsALossWithAdvice) {
  {
    const auto session = sql::open({url_}, clock_);
    session->execute_script("CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('x')");
  }
  std::fstream(dir_ / "test.db", std::ios::in | std::ios::out | std::ios::binary).seekp(4096) << std::string(4096, 'x');
  const auto session = sql::open({url_}, clock_);
  try {
    session->query("SELECT v FROM t").step();
    FAIL() << "read";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::lost);
    EXPECT_THAT(error.what(), HasSubstr("; stop this program and put a backup back: vacancy restore FILE"));
  }
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

TEST_F(SqliteFilesTest, AWriteHasTheRightToWriteFromTheStart) {
  const auto other = sql::open({url_}, clock_);
  session_->begin(Access::write);
  try {
    other->begin(Access::write);
    ADD_FAILURE() << "two write at a time";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::busy);
  }
  EXPECT_NO_THROW(other->begin(Access::read));
  other->rollback();
  session_->rollback();
  EXPECT_NO_THROW(other->begin(Access::write));
  other->rollback();
}

}  // namespace
}  // namespace sql
