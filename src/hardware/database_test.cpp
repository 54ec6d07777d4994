// How the service gets its database, and looks after its files.
#include "hardware/database.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <future>

#include "base/error.hpp"
#include "base/runtime.hpp"
#include "hardware/descriptors.hpp"
#include "hardware/log_watch.hpp"
#include "sql/error.hpp"
#include "sql/sqlite_log.hpp"
#include "support/captured_log.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

namespace hardware {
namespace {

using namespace std::chrono_literals;
using support::eventually;

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() { config_.database = "sqlite:" + directory_ / "new.db"; }

  const support::TempDir directory_;
  config::HardwareConfig config_;
};

TEST_F(DatabaseTest, IsMadeOnce) {
  EXPECT_TRUE(open_database(config_, store::FirstContent::sample).was_new);
  EXPECT_FALSE(open_database(config_, store::FirstContent::sample).was_new);
}

TEST_F(DatabaseTest, TheProfilesOfTheConfigurationAreAdded) {
  const std::vector<core::NewProfile> profiles{{{"Amazon", "c5"}, {}}, {{"Azure", "H16mr"}, {}}};
  EXPECT_EQ(open_database(config_, store::FirstContent::nothing, profiles).store->load().rows.size(), 2U);
  EXPECT_EQ(open_database(config_, store::FirstContent::nothing, profiles).store->load().rows.size(), 2U);
}

TEST_F(DatabaseTest, OneThatDoesNotAnswerIsWaitedForAsLongAsIsConfigured) {
  config_.database = "mysql://nobody@127.0.0.1:1/none";
  for (const auto& [wait, told] : {std::pair{0ms, 0U}, std::pair{600ms, 1U}}) {
    const support::CapturedLog log;
    config_.database_wait = wait;
    EXPECT_THROW(open_database(config_), base::Lost);
    EXPECT_EQ(log.count("warning waiting for the database: "), told);
  }
}

TEST_F(DatabaseTest, OneThatIsLockedIsWaitedFor) {
  open_database(config_);
  const auto locks = sql::open({config_.database}, base::system_clock());
  std::optional<sql::Transaction> lock(std::in_place, *locks, sql::Access::write);
  const support::CapturedLog log;
  config_.database_wait = support::kPatience * 10;
  auto opened = std::async(std::launch::async, [this] { return open_database(config_).was_new; });
  const auto told = [&] { return log.count("waiting for the database: ") == 1; };
  EXPECT_TRUE(
      eventually([&] { return told() || opened.wait_for(0s) == std::future_status::ready; }, config_.database_wait));
  EXPECT_TRUE(told());
  lock.reset();
  EXPECT_FALSE(opened.get());
}

TEST_F(DatabaseTest, OneThatIsLockedWhileItIsFilledIsNewAllTheSame) {
  std::vector<core::NewProfile> profiles;
  for (int i = 0; i < 40'000; ++i) profiles.push_back({{"p", fmt::format("{}", i)}, {}});
  const support::CapturedLog log;
  config_.database_wait = support::kPatience * 10;
  auto opened =
      std::async(std::launch::async, [&] { return open_database(config_, store::FirstContent::nothing, profiles); });
  const auto rows = [&](sql::Session& session) {
    try {
      auto query = session.query("SELECT COUNT(*) FROM hardware");
      return query.step() ? query.get<int>(0) : 0;
    } catch (const sql::Error&) {
      return 0;  // no such table yet
    }
  };
  const auto is_filled = [&] { return rows(*sql::open({config_.database}, base::system_clock())) > 0; };
  ASSERT_TRUE(eventually(is_filled, config_.database_wait));
  const auto locks = sql::open({config_.database}, base::system_clock());
  std::optional<sql::Transaction> lock(std::in_place, *locks, sql::Access::write);
  EXPECT_TRUE(eventually([&] { return log.count("waiting for the database: ") == 1; }, config_.database_wait));
  lock.reset();
  EXPECT_TRUE(opened.get().was_new);
}

TEST_F(DatabaseTest, WhatSomebodyMustPutRightIsNotWaitedFor) {
  const support::CapturedLog log;
  config_.database_wait = 600ms;
  sql::open({config_.database}, base::system_clock())->execute_script("CREATE TABLE board (wrong INT)");
  EXPECT_THROW(open_database(config_), sql::Error);
  config_.database = "mysql://nobody@127.0.0.1:1/none";
  config_.database_password_file = directory_ / "password";
  config_.database_ssl_ca = directory_ / "authorities";
  try {
    open_database(config_);
    ADD_FAILURE() << "opened";
  } catch (const base::UsageError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("password'")) << "it is read before the server is asked";
  }
  EXPECT_EQ(log.count("waiting for the database"), 0U);
}

/// SQLite's log, too large to be left alone, and looks at it.
class LogWatchTest : public DatabaseTest {
 protected:
  LogWatchTest() {
    runtime_.start();
    session_ = sql::open({config_.database}, base::system_clock());
    session_->execute_script("PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (v BLOB)");
    const sql::Transaction change(*session_, sql::Access::write);
    for (int i = 0; i < 66; ++i) session_->run("INSERT INTO t VALUES (zeroblob(1048576))");
    session_->commit();
  }
  /// Looks once at the log of `url`.
  void look(const std::string& url) {
    LogWatch watch(url, caller_, runtime_.background().get_executor(), metrics_);
    auto run = support::start(runtime_.background(), watch.run());
    // The first look goes on beside the stop.
    support::on(runtime_.background(), [&] { watch.stop(); });
    EXPECT_TRUE(support::ready(run));
  }

  std::string path_ = directory_ / "new.db";
  std::unique_ptr<sql::Session> session_;
  base::Metrics metrics_;
  // The caller's thread uses it until its own end.
  base::Runtime runtime_{1};
  store::Caller caller_{1, metrics_};
};

TEST_F(LogWatchTest, ALargeLogIsEmptied) {
  look(config_.database);
  EXPECT_GT(metrics_.gauge("vacancy_database_wal_bytes", "").Value(), 64 << 20);
  EXPECT_EQ(sql::log_bytes(path_), 0U);
  session_->execute_script("INSERT INTO t VALUES (1)");
  look(config_.database);
  EXPECT_GT(sql::log_bytes(path_), 0U) << "SQLite empties a small one itself";
}

TEST_F(LogWatchTest, WhoKeepsItFromBeingEmptiedIsTold) {
  const support::CapturedLog log;
  const auto reader = sql::open({config_.database}, base::system_clock());
  reader->execute_script("BEGIN; SELECT COUNT(*) FROM t");
  look(config_.database);
  EXPECT_EQ(log.count("since a program goes on reading; end that program or its transaction"), 1U);
  EXPECT_GT(sql::log_bytes(path_), 64U << 20);
}

TEST_F(LogWatchTest, ItIsToldWhenItCanBeEmptiedAgain) {
  const support::CapturedLog log;
  const auto reader = sql::open({config_.database}, base::system_clock());
  reader->execute_script("BEGIN; SELECT COUNT(*) FROM t");
  LogWatch watch(config_.database, caller_, runtime_.background().get_executor(), metrics_);
  auto run = support::start(runtime_.background(), watch.run());
  EXPECT_TRUE(eventually([&] { return log.count("goes on reading") == 1; }, 1min));
  reader->execute_script("COMMIT");
  EXPECT_TRUE(eventually([&] { return log.count("info emptying SQLite's log works again") == 1; }, 1min));
  EXPECT_EQ(sql::log_bytes(path_), 0U);
  support::on(runtime_.background(), [&] { watch.stop(); });
  EXPECT_TRUE(support::ready(run));
}

TEST_F(LogWatchTest, WhyItCannotBeEmptiedIsTold) {
  const support::CapturedLog log;
  std::filesystem::remove(path_);
  look(config_.database);
  EXPECT_EQ(log.count("warning SQLite: "), 1U);
}

TEST_F(LogWatchTest, ServersHaveNone) {
  look("mysql://vacancy@db.example/hardware");
  EXPECT_EQ(metrics_.text().find("vacancy_database_wal_bytes"), std::string::npos);
}

TEST(Descriptors, OfTheDatabaseAndOfWhatRunsAtOnce) {
  config::Config config;
  config.hardware.database_connections = 1;
  const std::size_t least = descriptors_of(config);
  EXPECT_GE(least, 4U) << "of SQLite";
  config.hardware.database_connections = 2;
  const std::size_t of_one = descriptors_of(config) - least;
  EXPECT_GE(of_one, 4U);
  config.hardware.database_connections = 3;
  EXPECT_EQ(descriptors_of(config), least + 2 * of_one);
  config.hardware.database_connections = 1;
  const auto with = [&](config::ProbeConfig probe) {
    config.probes = {std::move(probe)};
    return descriptors_of(config) - least;
  };
  EXPECT_EQ(with({.name = "sleeps", .kind = "simulated"}), 0U);
  for (const char* kind : {"exec", "slurm", "http"})
    EXPECT_EQ(with({.name = "more", .kind = kind, .concurrency = 11}) -
                  with({.name = "some", .kind = kind, .concurrency = 1}),
              30U)
        << kind << ": a handle and two pipes for each, or two sockets and a look at a name";
  EXPECT_GE(with({.name = "some", .kind = "exec", .concurrency = 1}), 9U);
  EXPECT_GE(with({.name = "some", .kind = "http", .concurrency = 1}), 64U) << "connections are kept";
  EXPECT_GE(with({.name = "one", .kind = "slurm"}), 9U);
  EXPECT_GE(with({.name = "calls", .kind = "http"}), 64U * 2) << "a socket each, at least, and what is kept";
  config.probes.push_back(config.probes.front());
  EXPECT_EQ(descriptors_of(config) - least, 2 * with({.name = "calls", .kind = "http"}));
}

}  // namespace
}  // namespace hardware
