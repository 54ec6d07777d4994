#include "app/commands/sql_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// "provider/name" of each, separated by blanks; after a mistake "LINE: message".
std::string read(std::string_view sql) {
  const auto keys = parse_hardware_rows(sql);
  if (!keys) return fmt::format("{}: {}", keys.error().line, keys.error().message);
  std::string out;
  for (const auto& key : *keys) out += fmt::format("{}{}/{}", out.empty() ? "" : " ", key.provider, key.name);
  return out;
}

constexpr std::string_view kDump = R"(/*M!999999\- enable the sandbox mode */
-- MySQL dump 10.13  Distrib 8.4.0, for Linux (x86_64)
--
-- Host: localhost    Database: vacancy
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `vacancy` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;
USE `vacancy`;
DROP TABLE IF EXISTS `hardware`;
CREATE TABLE `hardware` (
  `id` int NOT NULL AUTO_INCREMENT,
  `provider` varchar(255) NOT NULL DEFAULT 'none, (really)',
  `name` varchar(255) CHARACTER SET utf8mb4 DEFAULT NULL COMMENT 'it''s the key',
  `price` decimal(10,2) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `provider` (`provider`,`name`),
  KEY `name` (`name`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
LOCK TABLES `hardware` WRITE;
/*!40000 ALTER TABLE `hardware` DISABLE KEYS */;
INSERT INTO `hardware` VALUES (1,'Amazon','c5',0.10),(2,'Azure','H16mr',NULL),
(3,_utf8mb4'größe',_binary 'x\'y',-1.5e3);
UNLOCK TABLES;
INSERT INTO `user` VALUES (1,'hardware','no;t'),(2,NULL,NULL);
-- Dump completed on 2024-05-01 12:00:00
)";

TEST(SqlFile, ReadsADump) {
  EXPECT_EQ(read(kDump), "Amazon/c5 Azure/H16mr größe/x'y");
}

TEST(SqlFile, TakesPositionsFromTheTableTheListOrTheOriginal) {
  EXPECT_EQ(read("INSERT INTO hardware VALUES (1,'a','b')"), "a/b");
  EXPECT_EQ(read("INSERT INTO hardware (name, Provider) VALUES ('b','a')"), "a/b");
  EXPECT_EQ(read("INSERT INTO hardware (`name`, price, \"provider\") VALUES ('b', 1, 'a')"), "a/b");
  EXPECT_EQ(read("INSERT INTO hardware (hardware.name, db.hardware.provider) VALUES ('b', 'a')"), "a/b");
  EXPECT_EQ(read("CREATE TABLE hardware (name TEXT, provider TEXT); INSERT INTO hardware VALUES ('b','a')"), "a/b");
  EXPECT_EQ(read("CREATE TABLE IF NOT EXISTS db.hardware (name ENUM('x','y'), id INT, CHECK (id > (0)), provider TEXT);"
                 "INSERT INTO hardware VALUES ('b',1,'a')"),
            "a/b");
  EXPECT_EQ(read("CREATE TABLE other (name TEXT, provider TEXT); INSERT INTO hardware VALUES (1,'a','b')"), "a/b");
  EXPECT_EQ(read("CREATE TABLE hardware LIKE other; INSERT INTO hardware VALUES (1,'a','b')"), "a/b");
}

TEST(SqlFile, ReadsEveryFormOfInsert) {
  for (const auto* begin : {"INSERT INTO hardware VALUES", "insert into hardware values", "INSERT hardware VALUE",
                            "REPLACE INTO hardware VALUES", "INSERT IGNORE INTO `hardware` VALUES",
                            "INSERT LOW_PRIORITY IGNORE INTO hardware VALUES", "INSERT INTO db.hardware VALUES",
                            "INSERT INTO `my db` . `hardware` VALUES", "INSERT INTO \"hardware\" VALUES",
                            "INSERT OR IGNORE INTO hardware VALUES", "INSERT/**/INTO -- x\nhardware# y\nVALUES",
                            "INSERT INTO HARDWARE VALUES"})
    EXPECT_EQ(read(std::string(begin) + "(1,'a','b'),\n( 2 , \"c\" , N'd' )"), "a/b c/d") << begin;
  EXPECT_EQ(read("INSERT INTO hardware VALUES (1,'a','b') ON DUPLICATE KEY UPDATE name = REPLACE(name, 'x', 'y')"),
            "a/b");
  EXPECT_EQ(read("INSERT INTO hardware VALUES (1,'a','b') AS new; INSERT INTO hardware VALUES (2,'c','d')"), "a/b c/d");
}

TEST(SqlFile, ReadsTheCommentsThatMysqlRuns) {
  EXPECT_EQ(read("/*!50503 INSERT INTO hardware VALUES (1,'a','b') */;INSERT /*!40000 IGNORE */ INTO hardware VALUES "
                 "(2,'c','d'/*! */) /*M!100100 , (3,'e','f') */;/*!999999 INSERT INTO hardware VALUES (4,'g','h') */;"
                 "/* INSERT INTO hardware VALUES (5,'i','j') */;"),
            "a/b c/d e/f");
  const std::string row = "INSERT INTO hardware VALUES (1,'x\\\\y','b')";
  EXPECT_EQ(read("/*!40101 SET SQL_MODE='NO_BACKSLASH_ESCAPES' */;" + row), "x\\\\y/b");
  EXPECT_EQ(read("/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;" + row), "x\\y/b");
  EXPECT_EQ(read("SET sql_mode='NO_BACKSLASH_ESCAPES'; /*!40101 SET @OLD_SQL_MODE=@@SQL_MODE */;" + row), "x\\\\y/b");
  EXPECT_EQ(
      read("DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t AFTER INSERT ON x FOR EACH "
           "ROW BEGIN INSERT INTO hardware VALUES (1, NEW.a); END */;;\nDELIMITER ;\n"
           "INSERT INTO hardware VALUES (1,'a','b');"),
      "a/b");
}

TEST(SqlFile, PassesOverValuesOfOtherColumns) {
  EXPECT_EQ(read("INSERT INTO hardware (id, provider, at, name) VALUES (DEFAULT, 'a', IF(1, NOW(), ','), 'b'),"
                 "(0x1F, 'c', ((1), (2)) + -1, 'd'), (NULL, 'e', X'41', 'f')"),
            "a/b c/d e/f");
}

TEST(SqlFile, PassesOverOtherTablesAndStatements) {
  EXPECT_EQ(read("INSERT INTO hardware_old VALUES (1); INSERT INTO hardware.other VALUES (1); INSERT INTO t SELECT 1;"
                 "DELETE FROM hardware; UPDATE hardware SET name = NULL; GRANT INSERT, UPDATE ON hardware TO x;"
                 "CREATE VIEW hardware AS SELECT 1; ;; SELECT 'INSERT INTO hardware VALUES (1)'"),
            "");
  EXPECT_EQ(read("USE db\nINSERT INTO hardware VALUES (1,'a','b')"), "a/b") << "the client wants no ; there";
  EXPECT_EQ(read("use db; INSERT INTO hardware VALUES (1,'a','b')"), "a/b");
}

TEST(SqlFile, DoesNotTakeTheBodiesOfRoutinesForRows) {
  EXPECT_EQ(
      read("DELIMITER ;;\n"
           "CREATE PROCEDURE p(x INT)\nBEGIN\n  DELETE FROM hardware;\n  INSERT INTO hardware VALUES (x, x);\nEND ;;\n"
           "DELIMITER ;\nINSERT INTO hardware VALUES (1,'a','b');"),
      "a/b");
  EXPECT_EQ(read("CREATE TRIGGER t AFTER INSERT ON x FOR EACH ROW INSERT INTO hardware VALUES (NEW.a);"), "");
}

TEST(SqlFile, KeepsTheOrderAndOneOfEach) {
  EXPECT_EQ(read("INSERT INTO hardware VALUES (1,'b','x'),(2,'a','x'),(3,'b','x'),(4,'B','x');"
                 "INSERT INTO hardware VALUES (5,'a','x')"),
            "b/x a/x B/x");
}

TEST(SqlFile, HasNoRowsWithoutAnInsert) {
  EXPECT_EQ(read(""), "");
  EXPECT_EQ(read("-- nothing"), "");
  EXPECT_EQ(read("CREATE TABLE hardware (id INT, provider TEXT, name TEXT);"), "");
}

TEST(SqlFile, SaysWhichRowIsNoProfile) {
  const auto row = [](std::string_view values) {
    return read(fmt::format("INSERT INTO hardware VALUES\n(1,'a','b'),\n({});", values));
  };
  EXPECT_EQ(row("2,'a',NULL"), "3: the name is NULL; give a text in quotes");
  EXPECT_EQ(row("2,null,'b'"), "3: the provider is NULL; give a text in quotes");
  EXPECT_EQ(row("2,'a',5"), "3: the name is '5'; give a text in quotes");
  EXPECT_EQ(row("2,'a',CONCAT('b', 'c')"), "3: the name is 'CONCAT('b', 'c')'; give a text in quotes");
  EXPECT_EQ(row("2,'a',\n\nc5"), "5: the name is 'c5'; give a text in quotes");
  EXPECT_EQ(row("2,'','b'"), "3: provider is empty; give a text of 1 to 191 bytes");
  EXPECT_EQ(row("2,'a',' b'"), "3: name ' b' begins or ends with a blank; remove it");
  EXPECT_THAT(row("2,'a','b\\n'"), StartsWith("3: name must be UTF-8 text without control characters"));
  EXPECT_THAT(row("2,'a','\xFF'"), StartsWith("3: name must be UTF-8"));
  EXPECT_THAT(row("2,'a','" + std::string(192, 'x') + "'"), StartsWith("3: name has 192 bytes"));
  EXPECT_EQ(row("2,'a'"), "3: the row has 2 values for 3 columns; name the columns before VALUES");
  EXPECT_EQ(row("2,'a','b',4"), "3: the row has 4 values for 3 columns; name the columns before VALUES");
}

TEST(SqlFile, SaysWhatIsWrongWithAStatement) {
  EXPECT_EQ(read("\nINSERT INTO hardware (id, name) VALUES (1,'b')"),
            "2: this INSERT has no column 'provider'; a profile needs provider and name");
  EXPECT_THAT(read("CREATE TABLE hardware (id INT, provider TEXT);\nREPLACE INTO hardware VALUES (1,'b')"),
              StartsWith("2: this INSERT has no column 'name'"));
  EXPECT_THAT(read("INSERT INTO hardware\nSELECT 1, 'a', 'b'"), StartsWith("2: expected VALUES; write INSERT INTO"));
  EXPECT_THAT(read("INSERT INTO hardware SET name = 'b'"), HasSubstr("found 'SET'"));
  EXPECT_EQ(read("INSERT INTO hardware VALUES (1,'a','b')\n(2,'c','d')"), "2: expected , or ; after a row, found '('");
  EXPECT_EQ(read("INSERT INTO hardware VALUES (1,'a','b'),;"), "1: expected a row that begins with (, found ';'");
  EXPECT_EQ(read("INSERT INTO hardware VALUES (1,'a',"),
            "1: expected ) before the end of the statement, found the end of the file");
  EXPECT_EQ(read("INSERT INTO hardware VALUES (1,'a'\n;"), "2: expected ) before the end of the statement, found ';'");
  EXPECT_EQ(read("INSERT INTO hardware VALUES (1,,'b')"), "1: expected a value, found ','");
  EXPECT_EQ(read("INSERT INTO hardware VALUES ()"), "1: expected a value, found ')'");
  EXPECT_EQ(read("INSERT INTO hardware (a b) VALUES (1)"), "1: expected , or ) after the name of a column, found 'b'");
  EXPECT_EQ(read("CREATE TABLE hardware (id INT"),
            "1: expected ) before the end of the statement, found the end of the file");
}

TEST(SqlFile, SaysWhereASemicolonIsMissing) {
  constexpr std::string_view kInsert = "INSERT INTO hardware VALUES (1,'a','b')";
  constexpr std::string_view kSays =
      "2: INSERT INTO hardware in the middle of a statement; end the one before it with ;";
  EXPECT_EQ(read(fmt::format("CREATE TABLE hardware (id INT, provider TEXT, name TEXT)\n{}", kInsert)), kSays);
  EXPECT_EQ(read(fmt::format("SET NAMES utf8\n{}", kInsert)), kSays);
  EXPECT_EQ(read(fmt::format("INSERT INTO other VALUES (1)\n{}", kInsert)), kSays);
  EXPECT_THAT(read(fmt::format("{}\n{}", kInsert, kInsert)), StartsWith("2: expected , or ; after a row"));
}

TEST(SqlFile, AMistakeAnywhereLosesEverything) {
  EXPECT_THAT(read("INSERT INTO hardware VALUES (1,'a','b');\n\nINSERT INTO other VALUES ('x"),
              StartsWith("3: the text in quotes"));
  EXPECT_THAT(read("INSERT INTO hardware VALUES (1,'a','b');\n/* x"), StartsWith("2: the comment"));
  EXPECT_THAT(read("INSERT INTO hardware VALUES (1,'a','b"), StartsWith("1: the text in quotes"));
}

TEST(SqlFile, EveryPrefixOfADumpGivesItsWholeRowsOrSaysWhatIsMissing) {
  const std::string_view kRows = "Amazon/c5 Azure/H16mr größe/x'y";
  const std::size_t values = kDump.find("VALUES (1,'Amazon'"), end = kDump.find(";\nUNLOCK");
  for (std::size_t size = 0; size <= kDump.size(); ++size) {
    const std::string found = read(kDump.substr(0, size));
    const bool is_error = !found.empty() && std::isdigit(static_cast<unsigned char>(found.front())) != 0;
    if (size <= values)
      EXPECT_TRUE(found.empty() || is_error) << size << ": " << found;
    else if (size > end)
      EXPECT_TRUE(found == kRows || is_error) << size << ": " << found;
    else
      EXPECT_TRUE(is_error || kRows.starts_with(found)) << size << ": " << found;
  }
}

TEST(SqlFile, GarbageIsNoRow) {
  const std::string pieces[] = {
      "INSERT", "INTO", "hardware", "VALUES",       "(",         ")",   ",",    ";", "'", "\"",   "`", "\\", "--",
      "/*",     "*/",   "\n",       "CREATE TABLE", "DELIMITER", "USE", "NULL", ".", "x", "\xFF", "#"};
  std::uint32_t random = 1;
  for (int round = 0; round < 2000; ++round) {
    std::string sql;
    for (int i = 0; i < 60; ++i) {
      random = random * 1664525 + 1013904223;
      sql += pieces[(random >> 16) % std::size(pieces)] + ((random & 0x8000) != 0 ? " " : "");
    }
    const std::string found = read(sql);
    const bool is_error = !found.empty() && std::isdigit(static_cast<unsigned char>(found.front())) != 0;
    EXPECT_TRUE(found.empty() || is_error) << sql << ": " << found;
  }
}

std::string repeated(std::string_view text, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += text;
  return out;
}

// A quadratic reader would exceed ctest's time.
constexpr std::size_t kManyRows = 10'000'000;
constexpr std::size_t kMuch = 2'000'000;

TEST(SqlFile, ReadsManyRowsInProportion) {
  std::string sql = "INSERT INTO `hardware` VALUES (0,'Amazon','c5')";
  std::size_t rows = 1;
  for (; sql.size() < kManyRows; ++rows) sql += fmt::format(",({},'provider {}','name-{}')", rows, rows % 50, rows);
  const auto keys = parse_hardware_rows(sql);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), rows);
}

TEST(SqlFile, EndsWithMuchOfAnything) {
  EXPECT_EQ(read(repeated("INSERT INTO hardware VALUES (1,'a','b');", kMuch)), "a/b");
  EXPECT_EQ(read(repeated("/* */", kMuch)), "");
  EXPECT_EQ(read(repeated("--\n", kMuch)), "");
  EXPECT_EQ(read(repeated("INSERT ", kMuch)), "");
  EXPECT_EQ(read(repeated("a.", kMuch)), "");
  EXPECT_EQ(read("DELIMITER aaaaaaaaaaaaaab\n" + repeated("a", kMuch)), "");
  EXPECT_THAT(read("INSERT INTO hardware VALUES " + repeated("(", kMuch)), StartsWith("1: expected )"));
  EXPECT_THAT(read("INSERT INTO hardware VALUES (" + repeated("1,", kMuch)), StartsWith("1: expected )"));
  EXPECT_THAT(read("INSERT INTO hardware VALUES (1,'" + repeated("\\'", kMuch)), StartsWith("1: the text in quotes"));
  EXPECT_THAT(read("INSERT INTO hardware VALUES (1,'" + repeated("x''", kMuch)), StartsWith("1: the text in quotes"));
  EXPECT_THAT(read("CREATE TABLE hardware (" + repeated("a int,", kMuch)), StartsWith("1: expected )"));
}

TEST(SqlFile, KeepsBackslashesOfSqlite) {
  EXPECT_EQ(
      read("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n"
           "CREATE TABLE hardware (id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT, name TEXT);\n"
           "INSERT INTO hardware VALUES(1,'x\\y','a\\n');\nINSERT INTO hardware VALUES(2,'it''s','z\\');\nCOMMIT;\n"),
      "x\\y/a\\n it's/z\\");
  EXPECT_EQ(read("BEGIN TRANSACTION; INSERT INTO \"hardware\" VALUES(1,'x\\y','b')"), "x\\y/b");
}

TEST(SqlFile, KeepsBackslashesOfPostgres) {
  EXPECT_EQ(read("SET standard_conforming_strings = on;\n"
                 "INSERT INTO public.hardware (id, provider, name) VALUES (1, 'x\\y', E'a\\\\b''c');"),
            "x\\y/a\\b'c");
  EXPECT_THAT(read("SET x = 1;\nCOPY public.hardware (id, provider, name) FROM stdin;\n1\tit's\tb\n\\.\n"),
              StartsWith("2: COPY is not read; write the rows as INSERT: pg_dump --inserts"));
}

TEST(SqlFile, BackslashesAreWhatTheSqlModeSays) {
  const std::string row = "INSERT INTO hardware VALUES (1,'x\\\\y','b');";
  EXPECT_EQ(read(row), "x\\y/b");
  EXPECT_EQ(read("SET sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'; " + row), "x\\\\y/b");
  EXPECT_EQ(read("SET NAMES utf8mb4, @@session.SQL_MODE = CONCAT(@@sql_mode, ',no_backslash_escapes'); " + row),
            "x\\\\y/b");
  EXPECT_EQ(read("SET sql_mode='NO_BACKSLASH_ESCAPES', @a = 1; SET sql_mode=@old; " + row), "x\\y/b");
  EXPECT_EQ(read("SET names = 'NO_BACKSLASH_ESCAPES'; " + row), "x\\y/b");
}

TEST(SqlFile, AsksWhoseBackslashItIs) {
  const std::string row = "INSERT INTO hardware VALUES (1,'x','a\\y');";
  EXPECT_THAT(read("\n" + row), AllOf(StartsWith("2: the name has a backslash"), HasSubstr("NO_BACKSLASH_ESCAPES")));
  EXPECT_EQ(read("SET sql_mode = ''; " + row), "x/ay");
  EXPECT_EQ(read("INSERT INTO `hardware` VALUES (1,'x','a\\y');"), "x/ay") << "backquotes are MySQL's";
  EXPECT_EQ(read("INSERT INTO hardware VALUES (1,'x','it\\'s \\\\ \\\"');"), "x/it's \\ \"") << "what MySQL writes";
}

TEST(SqlFile, AModeEndsWithItsValue) {
  const std::string row = "INSERT INTO hardware VALUES (1,'x\\\\y','b');";
  EXPECT_EQ(read("SET sql_mode = CONCAT(@@sql_mode, ',ANSI'), @a = 'NO_BACKSLASH_ESCAPES'; " + row), "x\\y/b");
  EXPECT_EQ(read("SET sql_mode = ((REPLACE('a', 'b', 'c'))), @a = 'NO_BACKSLASH_ESCAPES'; " + row), "x\\y/b");
  EXPECT_EQ(read("SET sql_mode = CONCAT('ANSI', (',NO_BACKSLASH_ESCAPES')), @a = 'x'; " + row), "x\\\\y/b");
}

TEST(SqlFile, TheModeHasItsNameInEveryForm) {
  const std::string row = "INSERT INTO hardware VALUES (1,'x\\\\y','b');";
  for (const char* name : {"sql_mode", "SQL_MODE", "@@sql_mode", "@@session.sql_mode", "SESSION sql_mode"})
    EXPECT_EQ(read(fmt::format("SET {} = 'NO_BACKSLASH_ESCAPES'; {}", name, row)), "x\\\\y/b") << name;
  EXPECT_EQ(read("SET @sql_mode = 'NO_BACKSLASH_ESCAPES'; " + row), "x\\y/b") << "a variable of somebody";
}

}  // namespace
}  // namespace app
