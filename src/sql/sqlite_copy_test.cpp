#include "sql/sqlite_copy.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "base/error.hpp"
#include "sql/error.hpp"
#include "sql/open.hpp"
#include "sql/sqlite.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace sql {
namespace {

using testing::HasSubstr;

class SqliteCopyTest : public testing::Test {
 protected:
  std::unique_ptr<Session> open(const std::string& name) { return sql::open({"sqlite:" + dir_ / name}, clock_); }
  /// A database with `rows` rows, and a session of it that is still open.
  std::unique_ptr<Session> fill(const std::string& name, int rows) {
    auto session = open(name);
    session->execute_script("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
    for (int i = 0; i < rows; ++i) session->run("INSERT INTO t (v) VALUES (?)", fmt::format("{} {}", name, i));
    return session;
  }
  static int count(Session& session) {
    auto query = session.query("SELECT COUNT(*) FROM t");
    query.step();
    return query.get<int>(0);
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) names.insert(entry.path().filename());
    return names;
  }
  void copy(const std::string& from, const std::string& to) { copy_sqlite(dir_ / from, dir_ / to); }
  void replace(const std::string& from, const std::string& to) { replace_sqlite(dir_ / from, dir_ / to); }
  /// The UsageError of `job`.
  static std::string refusal(const std::function<void()>& job) {
    try {
      job();
    } catch (const base::UsageError& error) {
      return error.what();
    }
    return "none";
  }
  void put(const std::string& name, const std::string& text) { std::ofstream(dir_ / name) << text; }

  support::FakeClock clock_;
  support::TempDir dir_;
};

TEST_F(SqliteCopyTest, CopiesWhatIsCommittedIntoOneFile) {
  const auto live = fill("live.db", 300);
  const Transaction unfinished(*live, Access::write);
  unfinished->run("INSERT INTO t (v) VALUES ('unfinished')");
  copy("live.db", "copy.db");
  EXPECT_FALSE(files().contains("copy.db-wal"));
  std::filesystem::rename(dir_ / "copy.db", dir_ / "alone.db");
  EXPECT_EQ(count(*open("alone.db")), 300);
}

TEST_F(SqliteCopyTest, OverwritesNothing) {
  fill("live.db", 1);
  put("copy.db", "precious");
  EXPECT_THAT(refusal([&] { copy("live.db", "copy.db"); }), HasSubstr("is there already; give another name"));
  EXPECT_EQ(std::filesystem::file_size(dir_ / "copy.db"), 8U);
}

TEST_F(SqliteCopyTest, LeavesNothingOfACopyThatFails) {
  put("text.db", std::string(5000, 'x'));
  EXPECT_THROW(copy("text.db", "copy.db"), Error);
  EXPECT_THAT(refusal([&] { copy("none.db", "copy.db"); }), HasSubstr("there is no such file"));
  EXPECT_EQ(files(), (std::set<std::string>{"text.db"}));
}

TEST_F(SqliteCopyTest, ReplacesADatabaseInUse) {
  fill("old.db", 5);
  copy("old.db", "copy.db");
  const auto live = fill("live.db", 300);
  const auto reader = open("live.db");
  {
    const Transaction reading(*reader, Access::read);
    EXPECT_EQ(count(*reader), 300);
    replace("copy.db", "live.db");
    EXPECT_EQ(count(*reader), 300) << "who reads goes on with what was";
  }
  EXPECT_EQ(count(*reader), 5);
  EXPECT_EQ(count(*live), 5);
  EXPECT_EQ(live->run("INSERT INTO t (v) VALUES ('more')"), 1);
  EXPECT_EQ(count(*open("live.db")), 6);
  EXPECT_FALSE(files().contains("copy.db"));
}

TEST_F(SqliteCopyTest, ReplacesWhatIsDamagedEmptyOrGone) {
  fill("old.db", 5);
  for (const std::string& broken : {std::string(8192, 'x'), std::string(), std::string("gone")}) {
    copy("old.db", "copy.db");
    std::filesystem::remove(dir_ / "live.db");
    if (broken != "gone") put("live.db", broken);
    put("live.db-wal", "frames of another database");
    put("live.db-shm", "and their index");
    replace("copy.db", "live.db");
    EXPECT_EQ(files(), (std::set<std::string>{"live.db", "old.db"}));
    EXPECT_EQ(count(*open("live.db")), 5);
    check_sqlite(dir_ / "live.db", std::chrono::minutes{1});
  }
}

TEST_F(SqliteCopyTest, ReplacesADatabaseBesideTheLogOfAnotherOne) {
  fill("old.db", 2000);
  copy("old.db", "copy.db");
  {
    const auto killed = fill("live.db", 500);
    killed->execute_script("PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO t (v) VALUES ('more')");
    std::filesystem::copy_file(dir_ / "live.db-wal", dir_ / "wal");
  }
  std::filesystem::copy_file(dir_ / "copy.db", dir_ / "live.db", std::filesystem::copy_options::overwrite_existing);
  std::filesystem::rename(dir_ / "wal", dir_ / "live.db-wal");
  replace("copy.db", "live.db");
  EXPECT_EQ(count(*open("live.db")), 2000);
  EXPECT_NO_THROW(check_sqlite(dir_ / "live.db", std::chrono::minutes{1}));
}

TEST_F(SqliteCopyTest, ADamagedFileIsNotExchangedUnderAProgram) {
  fill("old.db", 5);
  copy("old.db", "copy.db");
  // Pages of another size cannot be written into a database in use, either.
  open("live.db")->execute_script(
      "PRAGMA journal_mode = DELETE; PRAGMA page_size = 8192; VACUUM; PRAGMA journal_mode = WAL;"
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t (v) VALUES ('kept')");
  const auto live = open("live.db");
  EXPECT_EQ(count(*live), 1);
  EXPECT_THAT(refusal([&] { replace("copy.db", "live.db"); }), HasSubstr("stop that program first"));
  EXPECT_EQ(count(*open("live.db")), 1);
}

TEST_F(SqliteCopyTest, ACopyIsReadWhereNothingMayBeWritten) {
  const auto live = fill("live.db", 5);
  copy("live.db", "copy.db");
  std::ifstream file(dir_ / "copy.db", std::ios::binary);
  std::string header(20, '\0');
  file.read(header.data(), static_cast<std::streamsize>(header.size()));
  // SQLite's "Database File Format", offsets 18 and 19: 2 needs a log beside the file, also to read it.
  EXPECT_EQ(header[18], 1);
  EXPECT_EQ(header[19], 1);
}

}  // namespace
}  // namespace sql
