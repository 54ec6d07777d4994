#include "store/examine.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "sql/error.hpp"
#include "store/embedded.hpp"
#include "store/migrate.hpp"
#include "store/migration.hpp"
#include "support/database_test.hpp"
#include "support/temp_dir.hpp"

namespace store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ExamineTest : public support::DatabaseTest {
 protected:
  std::vector<Looked> examine() { return store::examine(database_->location(), base::system_clock()); }
  static Looked about(const std::string& topic, std::vector<Looked> all) {
    for (Looked& one : all)
      if (one.topic == topic) return one;
    return {topic, "nothing"};
  }
  Looked about(const std::string& topic) { return about(topic, examine()); }
  /// All that is said to be wrong.
  std::string wrong() {
    std::string text;
    for (const Looked& one : examine())
      if (!one.remedy.empty()) text += one.topic + ": " + one.text + ": " + one.remedy + "\n";
    return text;
  }
  void execute(const std::string& statements) { session()->execute_script(statements); }
  std::string refusal() {
    try {
      migrate(*session());
    } catch (const base::UsageError& error) {
      return error.what();
    }
    return "migrated";
  }
};

constexpr const char* kOriginal =
    "CREATE TABLE hardware (id INT AUTO_INCREMENT PRIMARY KEY, provider TEXT, name VARCHAR(255))";

TEST_P(ExamineTest, ADatabaseThatIsMigratedIsFit) {
  EXPECT_EQ(wrong(), "");
  migrate(*session());
  EXPECT_EQ(wrong(), "");
  EXPECT_EQ(about("schema").text, "up to date");
}

TEST_P(ExamineTest, NamesTheMigrationsThatAreMissingAndChangesNothing) {
  execute("CREATE TABLE other (id INT)");
  for (int look = 0; look < 2; ++look)
    EXPECT_THAT(about("schema").text,
                AllOf(HasSubstr("0001_profiles_and_readings.sql"), HasSubstr("0004_changes.sql")));
  std::vector<base::EmbeddedFile> old(embedded_files().begin(), embedded_files().end());
  std::erase_if(old, [](const auto& file) { return file.name > "0004" && file.name < "1"; });
  migrate(*session(), FirstContent::nothing, old);
  EXPECT_THAT(about("schema").text, AllOf(Not(HasSubstr("0003")), HasSubstr("0004_changes.sql")));
}

TEST_P(ExamineTest, TablesNameTheirEngine) {
  if (is_sqlite()) return;
  migrate(*session());
  const auto session = this->session();
  auto query = session->query(
      "SELECT table_name, engine, row_format FROM information_schema.tables WHERE table_schema = DATABASE()");
  int tables = 0;
  for (; query.step(); ++tables) {
    EXPECT_EQ(query.get<std::string>(1), "InnoDB") << query.get<std::string>(0);
    EXPECT_EQ(query.get<std::string>(2), "Dynamic") << query.get<std::string>(0);
  }
  EXPECT_GT(tables, 8);
  for (const Migration& migration : migrations_in(embedded_files()))
    for (const std::string& statement : migration.statements(session->dialect()))
      if (statement.starts_with("CREATE TABLE")) EXPECT_THAT(statement, HasSubstr("ENGINE=InnoDB ROW_FORMAT=DYNAMIC"));
}

TEST_P(ExamineTest, TheOriginalsTableIsMadeFit) {
  if (is_sqlite()) return;
  for (const char* options : {"ENGINE=MyISAM", "ROW_FORMAT=COMPACT", "ROW_FORMAT=REDUNDANT", "ENGINE=MEMORY",
                              "ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8"}) {
    database_ = GetParam().make();
    const std::string columns = std::string_view(options).contains("MEMORY")
                                    ? "CREATE TABLE hardware (id INT AUTO_INCREMENT PRIMARY KEY, provider VARCHAR(99), "
                                      "name VARCHAR(255))"
                                    : kOriginal;
    execute(columns + " CHARSET latin1 " + options + "; INSERT INTO hardware (provider, name) VALUES ('Amazon', 'c5')");
    EXPECT_EQ(wrong(), "") << options;
    EXPECT_EQ(refusal(), "migrated") << options;
    const auto row = about("table hardware");
    EXPECT_EQ(row.text, "InnoDB Dynamic") << options;
    auto session = this->session();
    auto query = session->query("SELECT COUNT(*) FROM hardware");
    query.step();
    EXPECT_EQ(query.get<int>(0), 1);
  }
}

TEST_P(ExamineTest, ATableWithoutTransactionsIsRefusedWithWhatHelps) {
  if (is_sqlite()) return;
  migrate(*session());
  execute("ALTER TABLE task ENGINE=MyISAM; ALTER TABLE board ENGINE=MyISAM");
  for (const std::string& says : {refusal(), wrong()})
    EXPECT_THAT(says, AllOf(HasSubstr("ALTER TABLE task ENGINE=InnoDB, ROW_FORMAT=DYNAMIC"),
                            HasSubstr("ALTER TABLE board ENGINE=InnoDB, ROW_FORMAT=DYNAMIC")));
  execute(
      "ALTER TABLE task ENGINE=InnoDB, ROW_FORMAT=DYNAMIC, KEY_BLOCK_SIZE=0;"
      "ALTER TABLE board ENGINE=InnoDB, ROW_FORMAT=DYNAMIC, KEY_BLOCK_SIZE=0;");
  EXPECT_EQ(refusal(), "migrated");
  EXPECT_EQ(wrong(), "");
}

TEST_P(ExamineTest, AViewIsRefusedBeforeAnythingIsChanged) {
  if (is_sqlite()) return;
  execute(
      "CREATE TABLE machines (id INT PRIMARY KEY, provider VARCHAR(99), name VARCHAR(99));"
      "CREATE VIEW hardware AS SELECT * FROM machines");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("table hardware: is a view"), HasSubstr("nothing was changed")));
  const auto session = this->session();
  EXPECT_THROW(session->query("SELECT * FROM migration").step(), sql::Error);
}

TEST_P(ExamineTest, SaysWhereTheClockIs) {
  if (is_sqlite()) return;
  EXPECT_EQ(about("clock").text, "as this machine's");
  const std::chrono::seconds half_a_minute{30};
  for (const auto& [by, says] : {std::pair{half_a_minute, " s behind this machine's"},
                                 std::pair{-half_a_minute, " s ahead of this machine's"}}) {
    clock_.set_wall(base::system_clock().wall_now() + by);
    EXPECT_THAT(about("clock", store::examine(database_->location(), clock_)).text, HasSubstr(says));
  }
}

TEST_P(ExamineTest, TellsUnusualDefaults) {
  if (is_sqlite()) return;
  EXPECT_THAT(about("defaults").text, AllOf(HasSubstr("init_connect = "), HasSubstr("default_storage_engine = ")));
}

TEST_P(ExamineTest, NamesTheRightsThatAreMissing) {
  if (is_sqlite()) return;
  EXPECT_EQ(about("rights").text, "to read, write and migrate");
  migrate(*session());
  EXPECT_EQ(about("rights").text, "to read and write");
  // Where nobody may write.
  sql::Location location = database_->location();
  location.url.replace(location.url.rfind('/'), std::string::npos, "/information_schema");
  const Looked rights = about("rights", store::examine(location, base::system_clock()));
  // MySQL says of UPDATE that there is no such table.
  EXPECT_THAT(rights.text, AllOf(HasSubstr("INSERT"), HasSubstr("DELETE"), HasSubstr("missing")));
  EXPECT_THAT(rights.remedy, AllOf(HasSubstr("GRANT INSERT"), HasSubstr(" ON information_schema.* TO ")));
}

INSTANTIATE_DATABASE_TEST_SUITE(ExamineTest);

TEST(ExamineFile, MakesNone) {
  const support::TempDir dir;
  const auto seen = examine({"sqlite:" + dir / "test.db"}, base::system_clock());
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_THAT(seen[0].text, HasSubstr("a start makes one"));
  EXPECT_EQ(seen[0].remedy, "");
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(ExamineFile, FindsDamage) {
  const support::TempDir dir;
  std::ofstream(dir / "test.db") << std::string(8192, 'x');
  const auto seen = examine({"sqlite:" + dir / "test.db"}, base::system_clock());
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_THAT(seen[0].remedy, HasSubstr("vacancy restore FILE"));
}

}  // namespace
}  // namespace store
