#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <latch>
#include <thread>

#include "sql/open.hpp"
#include "sql/transact.hpp"
#include "support/database_test.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace sql {
namespace {

using testing::HasSubstr;
using testing::Not;

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

class SqliteTest : public testing::Test {
 protected:
  /// The message of the UsageError that opening throws.
  std::string refusal(const std::string& url) {
    try {
      sql::open({url}, clock_);
    } catch (const base::UsageError& error) {
      return error.what();
    }
    return "opened";
  }

  support::FakeClock clock_;
  support::TempDir dir_;
  std::string url_ = "sqlite:" + dir_ / "test.db";
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
  EXPECT_THROW(transact(pool, Access::read, failing(ErrorKind::busy)), Error);
  EXPECT_GT(runs, 3);
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

TEST_F(SqliteTest, SaysThatAFileIsReadOnly) {
  sql::open({url_}, clock_)->execute_script("CREATE TABLE t (v INT)");
  using std::filesystem::perms;
  std::filesystem::permissions(dir_ / "test.db", perms::owner_read | perms::group_read | perms::others_read);
  std::filesystem::permissions(dir_.path(), perms::all);
  // Permissions do not bind root.
  const auto user = geteuid();
  if (user == 0) ASSERT_EQ(seteuid(65534), 0);
  EXPECT_THAT(refusal(url_), HasSubstr("read-only"));
  ASSERT_EQ(seteuid(user), 0);
}

/// A session that does nothing, or cannot be used any more.
class FakeSession final : public Session {
 public:
  /// Counts itself in `open`, if any, as long as it lives.
  explicit FakeSession(bool usable, int* open = nullptr) : usable_(usable), open_(open) {
    if (open_ != nullptr) ++*open_;
  }
  ~FakeSession() override {
    if (open_ != nullptr) --*open_;
  }
  void lose() { usable_ = false; }
  const Dialect& dialect() const override {
    static constexpr Dialect kDialect{.name = "fake"};
    return kDialect;
  }
  base::Time now() override { return {}; }
  Statement& prepare(std::string_view) override { std::abort(); }
  void execute_script(std::string_view) override {}
  bool take_lock(std::string_view, std::chrono::seconds) override { return true; }
  void begin(Access) override {}
  void commit() override {}
  void rollback() noexcept override {}
  bool usable() const override { return usable_; }

 private:
  bool usable_;
  int* open_;
};

TEST(Pool, OpensWhatIsNeededAndKeepsIt) {
  int opened = 0;
  Pool pool(2, [&] { return ++opened, std::make_unique<FakeSession>(true); });
  EXPECT_EQ(opened, 0);
  for (int i = 0; i < 3; ++i) pool.acquire();
  EXPECT_EQ(opened, 1);
  const auto first = pool.acquire();
  const auto second = pool.acquire();
  EXPECT_EQ(opened, 2);
}

TEST(Pool, WaitsForAFreeSession) {
  Pool pool(1, [] { return std::make_unique<FakeSession>(true); });
  std::atomic<bool> released = false;
  std::unique_ptr<Pool::Lease> held(new Pool::Lease(pool.acquire()));
  std::jthread waiter([&] {
    const auto lease = pool.acquire();
    EXPECT_TRUE(released);
  });
  released = true;
  held.reset();
}

TEST(Pool, DropsALostSession) {
  int opened = 0;
  Pool pool(1, [&] { return ++opened, std::make_unique<FakeSession>(false); });
  for (int i = 0; i < 3; ++i) pool.acquire();
  EXPECT_EQ(opened, 3);
}

TEST(Pool, ClosesASessionThatIdledTooLong) {
  FakeSession* idling = nullptr;
  int open = 0;
  Pool pool(2, [&] { return std::make_unique<FakeSession>(true, &open); });
  {
    const auto first = pool.acquire();
    const auto second = pool.acquire();
    idling = static_cast<FakeSession*>(&*second);  // is given back first
  }
  EXPECT_EQ(open, 2);
  idling->lose();
  pool.acquire();
  EXPECT_EQ(open, 1);
  const auto first = pool.acquire();
  const auto second = pool.acquire();
  EXPECT_EQ(open, 2);
}

TEST(Pool, SurvivesAFailureToOpen) {
  int tries = 0;
  Pool pool(1, [&]() -> std::unique_ptr<Session> {
    if (++tries == 1) throw Error(ErrorKind::lost, "no server");
    return std::make_unique<FakeSession>(true);
  });
  EXPECT_THROW(pool.acquire(), Error);
  EXPECT_NO_THROW(pool.acquire());
}

TEST(Pool, WritersQueueOnlyWhereTheDatabaseNeedsIt) {
  Pool pool(1, [] { return std::make_unique<FakeSession>(true); });
  pool.acquire();
  const auto turn = pool.writer_turn();
  EXPECT_FALSE(turn.owns_lock());
}

}  // namespace
}  // namespace sql
