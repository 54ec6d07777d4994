// Writes into the files of a database that SQLite does not make, and all that it makes itself.
#include "sql/sqlite_watch.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "sql/error.hpp"
#include "sql/session.hpp"
#include "sql/sqlite_copy.hpp"
#include "sql/sqlite_log.hpp"
#include "support/eventually.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace sql {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class SqliteWatchTest : public testing::Test {
 protected:
  SqliteWatchTest() {
    session_->execute_script("CREATE TABLE t (v INT); INSERT INTO t VALUES (1)");
    copy_sqlite(path_, dir_ / "backup.db");
    session_->execute_script("INSERT INTO t VALUES (2)");
    EXPECT_EQ(complaint(*session_, Access::write), "");
  }
  std::unique_ptr<Session> open() { return sql::open({"sqlite:" + path_}, clock_); }
  /// Another process, since one that closes a file ends its own locks in it.
  void shell(const std::string& command) const {
    // File times are in steps of milliseconds: the next one has to come.
    const auto written = std::filesystem::last_write_time(path_);
    const std::string clock = dir_ / "clock";
    ASSERT_TRUE(support::eventually([&] {
      std::ofstream(clock) << "tick";
      return std::filesystem::last_write_time(clock) > written;
    }));
    ASSERT_EQ(std::system(("cd '" + dir_.path().string() + "' && " + command).c_str()), 0) << command;
  }
  static std::string complaint(Session& session, Access access) {
    try {
      const Transaction transaction(session, access);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::lost);
      return error.what();
    }
    return "";
  }
  static int rows(Session& session) {
    auto query = session.query("SELECT COUNT(*) FROM t");
    return query.step() ? query.get<int>(0) : -1;
  }

  support::FakeClock clock_;
  support::TempDir dir_;
  std::string path_ = dir_ / "test.db";
  std::unique_ptr<Session> session_ = open();
};

TEST_F(SqliteWatchTest, NothingIsReadOrWrittenAfterAnotherProgramWroteToAFile) {
  for (const auto& [command, file] :
       {std::pair<std::string, std::string>{"cp backup.db test.db", "test.db' was written by"},
        {": > test.db", "test.db' was written by"},
        {"cp test.db copy && cat copy > test.db", "test.db' was written by"},
        {"dd if=/dev/urandom of=test.db bs=100 count=1 conv=notrunc 2>/dev/null", "test.db' was written by"},
        {": > test.db-wal", "test.db-wal' was emptied"},
        {"truncate -s 4000 test.db-wal", "test.db-wal' was emptied"},
        {"cp backup.db test.db-wal", "test.db-wal' was emptied"}}) {
    shell("rm -f test.db*");
    session_ = open();
    const auto idle = open();
    session_->execute_script("CREATE TABLE t (v INT); INSERT INTO t VALUES (1), (2)");
    EXPECT_EQ(complaint(*session_, Access::read), "");
    shell(command);
    for (Session* session : {session_.get(), idle.get()})
      for (const Access access : {Access::read, Access::write})
        EXPECT_THAT(complaint(*session, access), AllOf(HasSubstr(file), HasSubstr("vacancy restore FILE"))) << command;
  }
}

TEST_F(SqliteWatchTest, ACheckpointOfACommitHidesNothing) {
  session_->execute_script("PRAGMA wal_autocheckpoint = 1");
  for (int i = 0; i < 3; ++i) {
    Transaction transaction(*session_, Access::write);
    transaction->run("INSERT INTO t VALUES (3)");
    transaction.commit();
  }
  shell("cp backup.db test.db");
  EXPECT_THAT(complaint(*session_, Access::read), HasSubstr("was written by"));
}

TEST_F(SqliteWatchTest, NothingIsCommittedIntoAFileThatWasOverwritten) {
  Transaction transaction(*session_, Access::write);
  transaction->run("INSERT INTO t VALUES (3)");
  shell("cp backup.db test.db");
  EXPECT_THROW(transaction.commit(), Error);
}

TEST_F(SqliteWatchTest, TheEndOfTheProgramLeavesAFileThatWasOverwrittenAsItIs) {
  shell("cp backup.db test.db");
  EXPECT_NE(complaint(*session_, Access::read), "");
  session_.reset();
  shell("cmp backup.db test.db");
}

TEST_F(SqliteWatchTest, WhatWasThereBeforeTheStartIsTaken) {
  session_.reset();
  shell("cp backup.db test.db");
  session_ = open();
  EXPECT_EQ(complaint(*session_, Access::write), "");
  EXPECT_EQ(rows(*session_), 1);
}

TEST_F(SqliteWatchTest, WhatSqliteWritesIsNoComplaint) {
  std::atomic<bool> done = false;
  std::atomic<int> looks = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&] {
      for (const auto own = open(); !done; ++looks) EXPECT_EQ(complaint(*own, Access::read), "");
    });
  const auto other = open();
  other->execute_script("PRAGMA wal_autocheckpoint = 3");
  for (int i = 0; i < 300; ++i) {
    Session& writer = i % 2 == 0 ? *session_ : *other;
    ASSERT_EQ(complaint(writer, Access::read), "");
    ASSERT_TRUE(support::eventually([&] {
      try {
        writer.execute_script("INSERT INTO t VALUES (zeroblob(20000))");
        return true;
      } catch (const Error&) {
        return false;
      }
    }));
    if (i % 50 == 0) empty_log(path_);
    if (i % 100 == 0) session_->execute_script("DELETE FROM t; VACUUM");
  }
  EXPECT_TRUE(support::eventually([&] { return looks > 100; }));
  done = true;
  threads.clear();
  // Another process, whose end may do a checkpoint.
  shell("rm -f other.db && cp backup.db from.db");
  replace_sqlite(dir_ / "from.db", path_);
  EXPECT_EQ(complaint(*session_, Access::write), "");
  EXPECT_EQ(rows(*session_), 1) << "the backup that was put back as SQLite does it";
}

}  // namespace
}  // namespace sql
