// MariaDB and MySQL alone: the URL, the way in, the connection, and the errors.
#include "sql/mysql.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "sql/mysql_client.hpp"
#include "support/database_test.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

namespace sql {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The message of the UsageError that `job` throws; "" when it throws none.
template <class Job>
std::string refusal(Job job) {
  try {
    job();
  } catch (const base::UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(MysqlUrl, NamesUserHostPortAndDatabase) {
  const auto parts = [](std::string_view url) {
    const MysqlAddress address = parse_mysql_url(url);
    return fmt::format("{} {} {} {}", address.user, address.host, address.port, address.database);
  };
  EXPECT_EQ(parts("mysql://vacancy@db.example/hardware"), "vacancy db.example 3306 hardware");
  EXPECT_EQ(parts("mysql://vacancy@db.example:65535/hardware"), "vacancy db.example 65535 hardware");
  EXPECT_EQ(parts("mysql://u@[2001:db8::1]/n"), "u 2001:db8::1 3306 n");
  EXPECT_EQ(parts("mysql://u@[2001:db8::1]:13/n"), "u 2001:db8::1 13 n");
  EXPECT_EQ(parts("mysql://me@example.org@db/n"), "me@example.org db 3306 n");
}

TEST(MysqlUrl, SaysWhatIsWrongWithIt) {
  const auto why = [](std::string_view url) { return refusal([&] { parse_mysql_url(url); }); };
  EXPECT_THAT(why("mysql://db.example/hardware"), HasSubstr("names no user; write mysql://USER@HOST[:PORT]/NAME"));
  EXPECT_THAT(why("mysql://@db/n"), HasSubstr("names no user"));
  EXPECT_THAT(why("mysql://u:hunter2@db/n"), HasSubstr("holds a password"));
  EXPECT_THAT(why("mysql://u:hunter2@db/n"), Not(HasSubstr("hunter2")));
  for (const char* url : {"mysql://u@db", "mysql://u@db/"})
    EXPECT_THAT(why(url), HasSubstr("names no database")) << url;
  for (const char* port : {"0", "65536", "13x", "-1", ""})
    EXPECT_THAT(why(fmt::format("mysql://u@db:{}/n", port)), HasSubstr(fmt::format("'{}' is not a port", port)));
  for (const char* url : {"mysql://u@/n", "mysql://u@:3306/n", "mysql://u@db/n/m", "mysql://u@db/n?x=1",
                          "mysql://u@db/n#x", "mysql://u@db/n`"})
    EXPECT_THAT(why(url), HasSubstr("not one of a database")) << url;
}

TEST(MysqlConnection, OfAServerThatDoesNotAnswerIsLost) {
  try {
    connect_mysql({.url = "mysql://nobody@127.0.0.1:1/none"});
    FAIL() << "connected";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::lost);
    EXPECT_THAT(error.what(), HasSubstr("cannot connect to 127.0.0.1:1"));
  }
}

/// What only a server does.
class MysqlTest : public support::DatabaseTest {};

TEST_P(MysqlTest, SaysHowToBeLetIn) {
  const support::TempDir dir;
  const auto why = [](const Location& location) { return refusal([&] { connect_mysql(location); }); };
  const Location right = database_->location();
  EXPECT_EQ(why(right), "");
  Location wrong = right;
  wrong.password_file = dir / "password";
  std::ofstream(wrong.password_file) << "guessed";
  EXPECT_THAT(why(wrong), HasSubstr("check the user in hardware.database and the password in"));
  wrong.password_file = "";
  EXPECT_THAT(why(wrong), HasSubstr("give the password in a file: hardware.database_password_file"));
  wrong = right;
  wrong.url += "_none";
  EXPECT_THAT(why(wrong), HasSubstr("create the database first"));
}

TEST_P(MysqlTest, ALostConnectionIsOfNoMoreUse) {
  const auto killer = session();
  const auto kind = [&](const auto& job) {
    const auto victim = session();
    EXPECT_TRUE(victim->usable());
    {
      auto query = victim->query("SELECT CONNECTION_ID()");
      query.step();
      killer->execute_script(fmt::format("KILL {}", query.template get<std::int64_t>(0)));
    }
    try {
      job(*victim);
    } catch (const Error& error) {
      EXPECT_FALSE(victim->usable());
      return error.kind();
    }
    return ErrorKind::other;
  };
  EXPECT_EQ(kind([](Session& victim) { victim.run("SELECT 1"); }), ErrorKind::lost);
  EXPECT_EQ(kind([](Session& victim) { victim.execute_script("SELECT 1"); }), ErrorKind::lost);
  EXPECT_EQ(kind([](Session& victim) { victim.commit(); }), ErrorKind::lost);
}

TEST_P(MysqlTest, SetsWhatItReliesOn) {
  const auto session = sql::open(database_->location(), base::system_clock());
  const auto value = [&](const std::string& variable) {
    auto query = session->query("SELECT CAST(@@SESSION." + variable + " AS CHAR)");
    query.step();
    const auto text = query.get<std::string>(0);
    return text == "ON" ? "1" : text == "OFF" ? "0" : text;
  };
  const std::pair<const char*, const char*> relied_on[] = {
      {"autocommit", "1"},
      {"completion_type", "NO_CHAIN"},
      {"sql_mode", "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION"},
      {"sql_select_limit", "18446744073709551615"},
      {"sql_big_selects", "1"},
      {"sql_safe_updates", "0"},
      {"sql_auto_is_null", "0"},
      {"unique_checks", "1"},
      {"foreign_key_checks", "1"},
      {"default_storage_engine", "InnoDB"},
      {"time_zone", "+00:00"},
      {"innodb_lock_wait_timeout", "5"},
      {"lock_wait_timeout", "5"},
      {"wait_timeout", "10"},
      {"character_set_client", "utf8mb4"},
      {"character_set_results", "utf8mb4"},
      {"collation_connection", "utf8mb4_bin"},
  };
  for (const auto& [variable, right] : relied_on) EXPECT_EQ(value(variable), right) << variable;
  const bool maria = GetParam().name == "mariadb";
  EXPECT_EQ(value(maria ? "tx_isolation" : "transaction_isolation"), "READ-COMMITTED");
  EXPECT_EQ(value(maria ? "tx_read_only" : "transaction_read_only"), "0");
  if (maria) EXPECT_EQ(value("sql_if_exists"), "0");
  EXPECT_DOUBLE_EQ(std::stod(value(maria ? "max_statement_time" : "max_execution_time")), 0);
  EXPECT_NEAR(static_cast<double>(session->now().time_since_epoch().count()),
              static_cast<double>(base::system_clock().wall_now().time_since_epoch().count()), 3.6e9);
}

std::vector<support::DatabaseKind> servers() {
  auto kinds = support::database_kinds();
  std::erase_if(kinds, [](const auto& kind) { return kind.name == "sqlite"; });
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(Databases, MysqlTest, testing::ValuesIn(servers()),
                         [](const auto& kind) { return kind.param.name; });

TEST(MysqlErrors, HaveAMeaning) {
  // The transaction may run again here: deadlocks, also Galera's, a changed table, an ended statement.
  for (const unsigned int number :
       {1020U, 1205U, 1213U, 1317U, 1412U, 1614U, 1615U, 1637U, 1689U, 1969U, 3024U, 3101U, 3572U})
    EXPECT_EQ(mysql_error_kind(number), ErrorKind::busy) << number;
  // Nobody is let in now: too many are in, the server starts or ends.
  constexpr std::array kNobody{1040U, 1047U, 1053U, 1077U, 1129U, 1135U, 1203U, 1226U, 1461U, 3032U};
  // It cannot write: read-only after a failover, the disk is full.
  constexpr std::array kNoWrites{1015U, 1021U, 1030U, 1036U, 1037U, 1041U, 1114U,
                                 1180U, 1206U, 1290U, 1792U, 1836U, 1874U, 3100U};
  // The connection is gone or was never there.
  constexpr std::array kNoConnection{1043U, 1080U, 1152U, 1153U, 1156U, 1158U, 1159U, 1160U, 1161U, 1184U,
                                     1243U, 1568U, 1927U, 2001U, 2002U, 2003U, 2004U, 2005U, 2006U, 2012U,
                                     2013U, 2014U, 2027U, 2055U, 2056U, 3169U, 4031U, 5013U, 5014U};
  for (const std::span<const unsigned int> numbers :
       {std::span<const unsigned int>(kNobody), std::span<const unsigned int>(kNoWrites),
        std::span<const unsigned int>(kNoConnection)})
    for (const unsigned int number : numbers) EXPECT_EQ(mysql_error_kind(number), ErrorKind::lost) << number;
  for (const unsigned int number : {1050U, 1060U, 1061U})
    EXPECT_EQ(mysql_error_kind(number), ErrorKind::exists) << number;
  EXPECT_EQ(mysql_error_kind(1062), ErrorKind::unique);
  for (const unsigned int number : {1044U, 1142U, 1143U})
    EXPECT_EQ(mysql_error_kind(number), ErrorKind::denied) << number;
  // Somebody must put something right: password, database, table, statement, certificate.
  for (const unsigned int number : {1045U, 1049U, 1064U, 1146U, 1665U, 2026U, 2059U})
    EXPECT_EQ(mysql_error_kind(number), ErrorKind::other) << number;
}

TEST_P(MysqlTest, AConnectionIsOfNoUseBeforeTheServerClosesIt) {
  const auto session = this->session();
  EXPECT_TRUE(session->usable());
  EXPECT_TRUE(support::eventually([&] { return !session->usable(); }));
}

}  // namespace
}  // namespace sql
