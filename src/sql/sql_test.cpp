#include <gmock/gmock.h>

#include <atomic>
#include <latch>
#include <thread>

#include "sql/open.hpp"
#include "sql/transact.hpp"
#include "support/database_test.hpp"
#include "support/eventually.hpp"

namespace sql {
namespace {

/// What every database does.
class SessionTest : public support::DatabaseTest {
 protected:
  std::unique_ptr<Session> open() { return session(); }
  Pool pool(std::size_t size = 2) {
    return Pool(size, [this] { return open(); });
  }
  static std::int64_t count(Session& session) {
    auto query = session.query("SELECT COUNT(*) FROM t");
    query.step();
    return query.get<std::int64_t>(0);
  }
};

TEST_P(SessionTest, GivesBackWhatWasBound) {
  const auto session = open();
  session->execute_script("CREATE TABLE t (a BIGINT, b DOUBLE, c VARCHAR(99), d BIGINT, e TEXT, f BIGINT)");
  const std::string text("with a zero \0 byte", 18);
  const base::Time time{base::Duration{1'800'000'000'123'456}};
  session->run("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", std::int64_t{-1} << 62, 0.1, text, nullptr,
               std::optional<double>(), time);
  session->run("INSERT INTO t (a, b, c) VALUES (?, ?, ?)", true, std::optional(2), std::string_view());
  auto query = session->query("SELECT * FROM t ORDER BY a");
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.get<std::int64_t>(0), std::int64_t{-1} << 62);
  EXPECT_EQ(query.get<double>(1), 0.1);
  EXPECT_EQ(query.get<std::string>(2), text);
  EXPECT_EQ(query.get<std::optional<std::int64_t>>(3), std::nullopt);
  EXPECT_EQ(query.get<std::optional<std::string>>(4), std::nullopt);
  EXPECT_EQ(query.get<base::Time>(5), time);
  ASSERT_TRUE(query.step());
  EXPECT_TRUE(query.get<bool>(0));
  EXPECT_EQ(query.get<std::optional<int>>(1), 2);
  EXPECT_EQ(query.get<std::optional<std::string>>(2), "") << "an empty text is not NULL";
  EXPECT_FALSE(query.step());
}

TEST_P(SessionTest, NumbersOfAnyTypeAreReadAsEither) {
  const auto session = open();
  session->execute_script("CREATE TABLE t (v BIGINT, r DOUBLE); INSERT INTO t VALUES (40, 2.75), (2, NULL)");
  auto query = session->query("SELECT MAX(v), SUM(v), MAX(r), MIN(r) FROM t WHERE v > ?", 1);
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.get<double>(0), 40);
  EXPECT_EQ(query.get<std::int64_t>(1), 42);
  EXPECT_EQ(query.get<std::int64_t>(2), 2);
  EXPECT_EQ(query.get<double>(3), 2.75);
}

TEST_P(SessionTest, TextsMayBeLong) {
  const auto session = open();
  session->execute_script("CREATE TABLE t (id BIGINT PRIMARY KEY, a TEXT, b TEXT)");
  const std::string longer(5000, 'x');
  session->run("INSERT INTO t VALUES (1, 'short', ?), (2, ?, NULL), (3, '', 'z')", longer, longer + "y");
  auto query = session->query("SELECT a, b FROM t ORDER BY id");
  std::vector<std::pair<std::string, std::string>> rows;
  while (query.step()) rows.emplace_back(query.get<std::string>(0), query.get<std::string>(1));
  EXPECT_THAT(rows, testing::ElementsAre(std::pair("short", longer), std::pair(longer + "y", ""), std::pair("", "z")));
}

TEST_P(SessionTest, CountsChanges) {
  const auto session = open();
  session->execute_script(fmt::format("CREATE TABLE t (id {}, v INT)", session->dialect().identity));
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(session->run("INSERT INTO t (v) VALUES (?)", i), 1);
  }
  EXPECT_EQ(session->run("UPDATE t SET v = v + 1 WHERE v > ?", 1), 2);
  EXPECT_EQ(session->run("UPDATE t SET v = 3 WHERE v >= ?", 3), 2) << "also of a row that had this value";
  EXPECT_EQ(session->run("DELETE FROM t WHERE v = 99"), 0);
}

TEST_P(SessionTest, ListsOfAnyLengthUseOneStatement) {
  const auto session = open();
  session->execute_script("CREATE TABLE t (id BIGINT PRIMARY KEY)");
  std::vector<std::int64_t> ids;
  for (std::int64_t id = 1; id <= 600; ++id) {
    session->run("INSERT INTO t VALUES (?)", id);
    if (id != 300) ids.push_back(id);
  }
  const std::string sql = with_list("DELETE FROM t WHERE id");
  std::int64_t deleted = 0;
  for_each_list<std::int64_t>(ids, [&](std::span<const std::int64_t> part) { deleted += session->run(sql, part); });
  EXPECT_EQ(deleted, 599);
  EXPECT_EQ(count(*session), 1);
}

TEST_P(SessionTest, RowsOfAnyNumberAreInserted) {
  const auto session = open();
  session->execute_script("CREATE TABLE t (id BIGINT PRIMARY KEY, v BIGINT)");
  const RowsStatement insert("INSERT INTO t (id, v) VALUES ", 2);
  std::int64_t next = 0;
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 64U, 65U, 137U}) {
    std::vector<std::int64_t> ids(size);
    for (auto& id : ids) id = ++next;
    insert.run(*session, std::span<const std::int64_t>(ids),
               [](Query& query, std::int64_t id) { query.bind(id, 2 * id); });
    EXPECT_EQ(count(*session), next) << size;
  }
  EXPECT_EQ(session->run("DELETE FROM t WHERE v = 2 * id"), next);
}

TEST_P(SessionTest, ALockIsHadByOneSessionOfAServer) {
  const bool sqlite = is_sqlite();  // its transactions are lock enough
  auto first = open();
  const auto second = open();
  EXPECT_TRUE(first->take_lock("one", std::chrono::seconds{0}));
  EXPECT_EQ(second->take_lock("one", std::chrono::seconds{0}), sqlite);
  EXPECT_TRUE(second->take_lock("another", std::chrono::seconds{0}));
  first.reset();
  EXPECT_TRUE(second->take_lock("one", support::kPatience));
}

TEST_P(SessionTest, TheClockIsTheMachinesClock) {
  const auto session = open();
  EXPECT_EQ(session->now(), clock_.wall_now());
  clock_.advance(std::chrono::seconds{5});
  EXPECT_EQ(session->now(), clock_.wall_now());
}

TEST_P(SessionTest, AnUnfinishedTransactionIsRolledBack) {
  const auto session = open();
  session->execute_script("CREATE TABLE t (v INT)");
  {
    Transaction transaction(*session, Access::write);
    transaction->run("INSERT INTO t VALUES (1)");
  }
  EXPECT_EQ(count(*session), 0);
  Transaction transaction(*session, Access::write);
  transaction->run("INSERT INTO t VALUES (1)");
  transaction.commit();
  EXPECT_EQ(count(*open()), 1);
}

TEST_P(SessionTest, AReadSeesOneState) {
  const auto reader = open();
  const auto writer = open();
  writer->execute_script("CREATE TABLE t (v INT)");
  {
    const Transaction transaction(*reader, Access::read);
    EXPECT_EQ(count(*reader), 0);
    writer->run("INSERT INTO t VALUES (1)");
    EXPECT_EQ(count(*reader), 0);
  }
  EXPECT_EQ(count(*reader), 1);
}

TEST_P(SessionTest, ErrorsHaveAMeaning) {
  const auto session = open();
  session->execute_script("CREATE TABLE t (v INT UNIQUE, w INT NOT NULL); INSERT INTO t VALUES (1, 1)");
  const auto kind = [&](const auto& job) -> std::optional<ErrorKind> {
    try {
      job();
    } catch (const Error& error) {
      return error.kind();
    }
    return std::nullopt;
  };
  EXPECT_EQ(kind([&] { session->run("INSERT INTO t VALUES (1, 1)"); }), ErrorKind::unique);
  session->execute_script("CREATE TABLE k (id BIGINT PRIMARY KEY); INSERT INTO k VALUES (1)");
  EXPECT_EQ(kind([&] { session->run("INSERT INTO k VALUES (1)"); }), ErrorKind::unique);
  EXPECT_EQ(kind([&] { session->run("INSERT INTO t VALUES (2, NULL)"); }), ErrorKind::other);
  EXPECT_EQ(kind([&] { session->run("nonsense"); }), ErrorKind::other);
  const auto other = open();
  const bool sqlite = is_sqlite();
  other->execute_script(sqlite ? "PRAGMA busy_timeout = 0" : "SET SESSION innodb_lock_wait_timeout = 1");
  const Transaction held(*session, Access::write);
  session->run("UPDATE t SET w = 2");
  EXPECT_EQ(kind([&] {
              const Transaction waiting(*other, Access::write);
              waiting->run("UPDATE t SET w = 3");
            }),
            ErrorKind::busy);
  EXPECT_FALSE(kind([&] { session->run("INSERT INTO t VALUES (2, 2)"); })) << "usable after errors";
}

TEST_P(SessionTest, TransactRunsABusyJobAgain) {
  auto pool = this->pool();
  pool.acquire()->execute_script("CREATE TABLE t (v INT)");
  int runs = 0;
  const int result = transact(pool, Access::write, [&](Transaction& transaction) {
    transaction->run("INSERT INTO t VALUES (1)");
    if (++runs < 3) throw Error(ErrorKind::busy, "deadlock");
    return runs;
  });
  EXPECT_EQ(result, 3);
  EXPECT_EQ(count(*pool.acquire()), 1);
}

TEST_P(SessionTest, TransactGivesUp) {
  auto pool = this->pool();
  int runs = 0;
  const auto failing = [&](ErrorKind kind) {
    return [&runs, kind](Transaction&) {
      ++runs;
      throw Error(kind, "no");
    };
  };
  EXPECT_THROW(transact(pool, Access::read, failing(ErrorKind::other)), Error);
  EXPECT_EQ(runs, 1);
  runs = 0;
  EXPECT_THROW(transact(pool, Access::read, failing(ErrorKind::busy)), Error);
  EXPECT_EQ(runs, 6);
}

TEST_P(SessionTest, ARollbackInTheJobCommitsNothing) {
  auto pool = this->pool();
  pool.acquire()->execute_script("CREATE TABLE t (v INT)");
  transact(pool, Access::write, [](Transaction& transaction) {
    transaction->run("INSERT INTO t VALUES (1)");
    transaction.rollback();
  });
  EXPECT_EQ(count(*pool.acquire()), 0);
}

TEST_P(SessionTest, WritersOfManyThreadsTakeTurns) {
  auto pool = this->pool(3);
  pool.acquire()->execute_script("CREATE TABLE t (v INT); INSERT INTO t VALUES (0)");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i)
      threads.emplace_back([&pool] {
        for (int n = 0; n < 50; ++n)
          transact(pool, Access::write, [](Transaction& transaction) { transaction->run("UPDATE t SET v = v + 1"); });
      });
  }
  const auto session = pool.acquire();
  auto query = session->query("SELECT v FROM t");
  query.step();
  EXPECT_EQ(query.get<int>(0), 300);
}

TEST_P(SessionTest, ADeadlockIsRunAgain) {
  const bool sqlite = is_sqlite();  // has one writer at a time, and so no deadlocks
  auto pool = this->pool();
  pool.acquire()->execute_script("CREATE TABLE t (id BIGINT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 0), (2, 0)");
  std::atomic<int> runs = 0;
  std::latch both(2);
  const auto add_to = [&](int first, int second) {
    bool again = false;
    transact(pool, Access::write, [&](Transaction& tx) {
      ++runs;
      tx->run("UPDATE t SET v = v + 1 WHERE id = ?", first);
      if (!sqlite && !std::exchange(again, true)) both.arrive_and_wait();
      tx->run("UPDATE t SET v = v + 1 WHERE id = ?", second);
    });
  };
  {
    std::jthread one([&] { add_to(1, 2); });
    std::jthread other([&] { add_to(2, 1); });
  }
  EXPECT_EQ(runs, sqlite ? 2 : 3);
  const auto session = pool.acquire();
  auto query = session->query("SELECT MIN(v), MAX(v) FROM t");
  query.step();
  EXPECT_EQ(std::pair(query.get<int>(0), query.get<int>(1)), std::pair(2, 2));
}

INSTANTIATE_DATABASE_TEST_SUITE(SessionTest);

}  // namespace
}  // namespace sql
