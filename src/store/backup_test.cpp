#include "store/backup.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/error.hpp"
#include "store/embedded.hpp"
#include "store/migrate.hpp"
#include "store/open.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace store {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class BackupTest : public testing::Test {
 protected:
  sql::Location at(const std::string& name) const { return {"sqlite:" + dir_ / name}; }
  std::unique_ptr<Store> open(const std::string& name = "live.db") { return open_store(at(name), 1, clock_).store; }
  static std::vector<std::string> names(Store& store) {
    std::vector<std::string> names;
    for (const auto& row : store.load().rows) names.push_back(row->profile.key.name);
    return names;
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) names.insert(entry.path().filename());
    return names;
  }
  template <class F>
  static std::string refusal(F job) {
    try {
      job();
    } catch (const base::UsageError& error) {
      return error.what();
    }
    return "none";
  }

  support::FakeClock clock_;
  support::TempDir dir_;
};

TEST_F(BackupTest, GoesIntoAFileAndBackWhileTheDatabaseIsInUse) {
  const auto live = open();
  ASSERT_TRUE(live->add({"lab", "kept"}));
  const Saved saved = backup(at("live.db"), dir_ / "backup.db", clock_);
  EXPECT_EQ(saved.profiles, 1);
  EXPECT_EQ(saved.bytes, std::filesystem::file_size(dir_ / "backup.db"));
  ASSERT_TRUE(live->add({"lab", "later"}));
  EXPECT_EQ(restore(at("live.db"), dir_ / "backup.db", clock_).profiles, 1);
  EXPECT_THAT(names(*live), ElementsAre("kept"));
  ASSERT_TRUE(live->add({"lab", "after"}));
  EXPECT_EQ(files(), (std::set<std::string>{"backup.db", "live.db", "live.db-shm", "live.db-wal"}));
}

TEST_F(BackupTest, MayBePutWhereNoDatabaseIs) {
  ASSERT_TRUE(open()->add({"lab", "kept"}));
  backup(at("live.db"), dir_ / "backup.db", clock_);
  restore(at("new.db"), dir_ / "backup.db", clock_);
  EXPECT_THAT(names(*open("new.db")), ElementsAre("kept"));
}

TEST_F(BackupTest, OfAnOlderProgramIsMigratedBeforeItIsPutBack) {
  const auto live = open();
  std::vector<base::EmbeddedFile> old(embedded_files().begin(), embedded_files().end());
  std::erase_if(old, [](const auto& file) { return file.name > "0003" && file.name < "1"; });
  migrate(*sql::open(at("old.db"), clock_), FirstContent::nothing, old);
  sql::open(at("old.db"), clock_)->run("INSERT INTO hardware (provider, name) VALUES ('lab', 'old')");
  restore(at("live.db"), dir_ / "old.db", clock_);
  EXPECT_THAT(names(*live), ElementsAre("old"));
}

TEST_F(BackupTest, OnlyAWholeBackupOfVacancyIsPutBack) {
  const auto live = open();
  ASSERT_TRUE(live->add({"lab", "kept"}));
  backup(at("live.db"), dir_ / "damaged.db", clock_);
  std::fstream(dir_ / "damaged.db", std::ios::in | std::ios::out | std::ios::binary).seekp(8192)
      << std::string(2000, 'x');
  sql::open(at("other.db"), clock_)->execute_script("CREATE TABLE hardware (id INT)");
  std::vector<base::EmbeddedFile> newer(embedded_files().begin(), embedded_files().end());
  newer.push_back({"0099_other.sql", "CREATE TABLE other (id ${key})"});
  migrate(*sql::open(at("newer.db"), clock_), FirstContent::nothing, newer);
  const auto files_before = files();
  for (const auto& [file, says] : {std::pair{"damaged.db", "damaged.db' is damaged ("},
                                   {"other.db", "is not a database of Vacancy"},
                                   {"newer.db", "newer version of this program"},
                                   {"none.db", "there is no such file"}}) {
    const std::string path = dir_ / file;
    EXPECT_THAT(refusal([&] { restore(at("live.db"), path, clock_); }), HasSubstr(says)) << file;
  }
  EXPECT_EQ(files(), files_before);
  EXPECT_THAT(names(*live), ElementsAre("kept"));
}

TEST_F(BackupTest, ThatIsNoneIsNamed) {
  std::ofstream(dir_ / "text") << "hello";
  std::ofstream(dir_ / "backup.gz") << "\x1F\x8B\x08 and more of it";
  std::ofstream(dir_ / "empty").flush();
  std::filesystem::create_directory(dir_ / "directory");
  for (const auto& [file, says] : {std::pair{"text", "is not a SQLite database"},
                                   {"backup.gz", "is compressed (gunzip it first)"},
                                   {"empty", "is not a SQLite database"},
                                   {"none", "there is no such file"},
                                   {"directory", "is not a regular file"}}) {
    const std::string path = dir_ / file;
    EXPECT_THAT(refusal([&] { restore(at("live.db"), path, clock_); }),
                AllOf(HasSubstr("'" + path + "'"), HasSubstr(says), HasSubstr("vacancy backup made")));
  }
  ASSERT_TRUE(open()->add({"lab", "kept"}));
  backup(at("live.db"), dir_ / "backup.db", clock_);
  EXPECT_THAT(refusal([&] { restore(at("away/new.db"), dir_ / "backup.db", clock_); }),
              HasSubstr("the directory '" + dir_ / "away" + "' does not exist; create it first"));
}

TEST_F(BackupTest, StaysAsItIsWithItsLog) {
  {
    const auto live = open();
    ASSERT_TRUE(live->add({"lab", "in log"}));
    for (const std::string suffix : {"", "-wal"})
      std::filesystem::copy_file(dir_ / ("live.db" + suffix), dir_ / ("pair.db" + suffix));
    for (const std::string suffix : {"", "-wal", "-shm"})
      std::filesystem::copy_file(dir_ / ("live.db" + suffix), dir_ / ("crash.db" + suffix));
  }
  // As after a stop: its mode is WAL, and no log is there.
  std::filesystem::copy_file(dir_ / "live.db", dir_ / "st%op?#.db");
  for (const char* name : {"pair.db", "crash.db", "st%op?#.db"}) {
    const auto bytes = [&](const std::string& suffix) {
      std::ifstream file(dir_ / (name + suffix), std::ios::binary);
      return std::string(std::istreambuf_iterator<char>(file), {});
    };
    const auto before = files();
    const auto all = std::pair{bytes(""), bytes("-wal")};
    EXPECT_EQ(restore(at("live.db"), dir_ / name, clock_).profiles, 1) << name;
    EXPECT_EQ(files(), before) << name;
    EXPECT_TRUE((std::pair{bytes(""), bytes("-wal")}) == all) << name;
    EXPECT_THAT(names(*open()), ElementsAre("in log"));
  }
}

TEST_F(BackupTest, OfSomethingElseIsRefused) {
  sql::open(at("other.db"), clock_)->execute_script("CREATE TABLE t (id INT)");
  EXPECT_THAT(refusal([&] { backup(at("other.db"), dir_ / "backup.db", clock_); }),
              AllOf(HasSubstr("other.db"), HasSubstr("is not a database of Vacancy")));
  EXPECT_THAT(refusal([&] { backup(at("none.db"), dir_ / "backup.db", clock_); }), HasSubstr("there is no such file"));
  EXPECT_EQ(files(), (std::set<std::string>{"other.db"}));
}

TEST_F(BackupTest, OfAServerIsItsOwnTools) {
  const sql::Location server{"mysql://vacancy@db.example/vacancy"};
  EXPECT_THAT(refusal([&] { backup(server, dir_ / "backup.db", clock_); }),
              HasSubstr("mysqldump --single-transaction"));
  EXPECT_THAT(refusal([&] { restore(server, dir_ / "backup.db", clock_); }), HasSubstr("mysql --host"));
}

}  // namespace
}  // namespace store
