#include "sql/pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "sql/error.hpp"

namespace sql {
namespace {

/// A session that does nothing, or cannot be used any more.
class FakeSession final : public Session {
 public:
  /// Counts itself in `open`, if any, as long as it lives.
  explicit FakeSession(bool usable, int* open = nullptr, bool single_writer = false)
      : dialect_{.name = "fake", .single_writer = single_writer}, usable_(usable), open_(open) {
    if (open_ != nullptr) ++*open_;
  }
  ~FakeSession() override {
    if (open_ != nullptr) --*open_;
  }
  void lose() { usable_ = false; }
  const Dialect& dialect() const override { return dialect_; }
  base::Time now() override { return {}; }
  Statement& prepare(std::string_view) override { std::abort(); }
  void execute_script(std::string_view) override {}
  bool take_lock(std::string_view, std::chrono::seconds) override { return true; }
  void begin(Access) override {}
  void commit() override {}
  void rollback() noexcept override {}
  bool usable() const override { return usable_; }

 private:
  Dialect dialect_;
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
  std::atomic<int> holders = 0, most = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 500; ++n) {
          const auto lease = pool.acquire();
          if (++holders > 1) most = 2;
          std::this_thread::yield();
          --holders;
        }
      });
  }
  EXPECT_EQ(most, 0) << "two had the only session";
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

TEST(Pool, DropsThoseThatIdleWithALostOne) {
  int open = 0;
  Pool pool(3, [&] { return std::make_unique<FakeSession>(true, &open); });
  {
    const auto first = pool.acquire();
    const auto second = pool.acquire();
    const auto third = pool.acquire();
  }
  EXPECT_EQ(open, 3);
  static_cast<FakeSession&>(*pool.acquire()).lose();
  EXPECT_EQ(open, 0) << "a failover concerns all";
  const auto first = pool.acquire();
  const auto second = pool.acquire();
  const auto third = pool.acquire();
  EXPECT_EQ(open, 3);
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

TEST(Pool, ARefusalIsALossOnceTheDatabaseWasOpen) {
  bool right = false;
  Pool pool(1, [&]() -> std::unique_ptr<Session> {
    if (!right) throw base::UsageError("no such database");
    return std::make_unique<FakeSession>(true);
  });
  EXPECT_THROW(pool.acquire(), base::UsageError);
  right = true;
  static_cast<FakeSession&>(*pool.acquire()).lose();
  right = false;
  try {
    pool.acquire();
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::lost);
    EXPECT_STREQ(error.what(), "no such database");
  }
}

TEST(Pool, WritersQueueOnlyWhereTheDatabaseNeedsIt) {
  for (const bool single_writer : {false, true}) {
    Pool pool(1, [&] { return std::make_unique<FakeSession>(true, nullptr, single_writer); });
    EXPECT_TRUE(pool.writer_turn().owns_lock()) << "nothing is known yet";
    pool.acquire();
    EXPECT_EQ(pool.writer_turn().owns_lock(), single_writer);
  }
}

TEST(Pool, GivesNobodyASessionThatIdledTooLong) {
  int open = 0;
  Pool pool(1, [&] { return std::make_unique<FakeSession>(true, &open); });
  static_cast<void>(pool.acquire());
  ASSERT_EQ(open, 1);
  FakeSession* idling = nullptr;
  {
    const auto lease = pool.acquire();
    idling = static_cast<FakeSession*>(&*lease);
  }
  idling->lose();
  EXPECT_TRUE(pool.acquire()->usable());
  EXPECT_EQ(open, 1);
}

}  // namespace
}  // namespace sql
