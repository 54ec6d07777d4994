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

TEST(Pool, WritersQueueOnlyWhereTheDatabaseNeedsIt) {
  Pool pool(1, [] { return std::make_unique<FakeSession>(true); });
  pool.acquire();
  const auto turn = pool.writer_turn();
  EXPECT_FALSE(turn.owns_lock());
}

}  // namespace
}  // namespace sql
