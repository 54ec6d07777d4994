#include "sql/sqlite_log.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "sql/open.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace sql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SqliteLog, IsEmptiedUnlessSomebodyReads) {
  const support::FakeClock clock;
  const support::TempDir dir;
  const std::string path = dir / "test.db", url = "sqlite:" + path;
  EXPECT_EQ(log_bytes(path), 0U);
  const auto session = sql::open({url}, clock);
  session->execute_script("CREATE TABLE t (v INT)");
  {
    const Transaction reading(*session, Access::read);
    session->query("SELECT * FROM t").step();
    const auto writer = sql::open({url}, clock);
    for (int i = 0; i < 10; ++i) writer->run("INSERT INTO t VALUES (1)");
    const auto bytes = log_bytes(path);
    EXPECT_GT(bytes, 10'000U);
    EXPECT_FALSE(empty_log(path));
    EXPECT_GE(log_bytes(path), bytes);
    EXPECT_THAT(log_readers(path), IsEmpty()) << "this program is not one of the others";
  }
  EXPECT_TRUE(empty_log(path));
  EXPECT_EQ(log_bytes(path), 0U);
}

/// Another process that reads the database at a path until the end of the scope. Each state that is read holds another
/// of SQLite's five read marks: the first one when the log is empty, the others as the log grows.
class Reader {
 public:
  Reader(const std::string& path, int mark) {
    if (pipe(ready_) != 0 || pipe(end_) != 0) throw std::runtime_error("no pipe");
    process_ = fork();
    if (process_ == 0) {
      read(path, mark);
      _exit(0);
    }
    char byte = 0;
    if (::read(ready_[0], &byte, 1) != 1) throw std::runtime_error("the reader reads nothing");
  }
  ~Reader() {
    for (const int pipe : {ready_[0], ready_[1], end_[0], end_[1]}) close(pipe);
    waitpid(process_, nullptr, 0);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  pid_t process() const { return process_; }

 private:
  void read(const std::string& path, int mark) const {
    close(ready_[0]);
    close(end_[1]);
    const support::FakeClock clock;
    const auto open = [&] { return sql::open({"sqlite:" + path}, clock); };
    const auto writer = open();
    writer->execute_script("CREATE TABLE t (v INT)");
    if (mark == 0) writer->execute_script("PRAGMA wal_checkpoint(TRUNCATE)");
    std::vector<std::unique_ptr<Session>> readers;
    for (int i = 0; i < std::max(mark, 1); ++i) {
      if (i > 0) writer->execute_script("INSERT INTO t VALUES (1)");
      readers.push_back(open());
      readers.back()->execute_script("BEGIN; SELECT * FROM t");
    }
    readers.erase(readers.begin(), readers.end() - 1);
    char byte = 0;
    if (write(ready_[1], "r", 1) == 1) (void)!::read(end_[0], &byte, 1);
  }

  int ready_[2], end_[2];
  pid_t process_;
};

TEST(SqliteLog, NamesTheOtherProgramsThatRead) {
  std::string name;
  std::getline(std::ifstream("/proc/self/comm"), name);
  for (const int mark : {0, 1, 2, 3, 4}) {
    const support::TempDir dir;
    EXPECT_THAT(log_readers(dir / "test.db"), IsEmpty());
    const Reader reader(dir / "test.db", mark);
    EXPECT_THAT(log_readers(dir / "test.db"), ElementsAre(fmt::format("process {} ({})", reader.process(), name)))
        << mark;
    EXPECT_THAT(log_readers(dir / "other.db"), IsEmpty());
  }
}

}  // namespace
}  // namespace sql
