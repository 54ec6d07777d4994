// How a board follows a store: once whole, then by what changed.

#include "hardware/follower.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/captured_log.hpp"
#include "support/eventually.hpp"
#include "support/memory_store.hpp"

namespace hardware {
namespace {

using namespace std::chrono_literals;
using support::eventually;

/// A store whose database may be exchanged, and may say other things than that it changed.
class ExchangedStore final : public support::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  void exchange() { other_ = true; }
  /// So many polls leave something to the next one.
  void leave_more(int polls) { more_ = polls; }
  /// The next poll tells of it.
  void step(store::ClockWatch::Steps steps) {
    const std::lock_guard lock(mutex_);
    steps_ = steps;
  }
  /// The database's clock is ahead from now on.
  void set_ahead(std::chrono::hours hours) { ahead_ = hours; }
  int polls() const { return polls_; }
  /// What the latest poll had seen.
  core::Revision seen() const { return seen_; }

  int loads() const { return loads_; }
  /// Called by each load, on its thread.
  std::function<void()> during_load;

  core::Contents load() override {
    ++loads_;
    if (during_load) during_load();
    core::Contents loaded = MemoryStore::load();
    if (other_) loaded.version.epoch = "other";
    return loaded;
  }
  store::Polled poll(core::Revision seen) override {
    store::Polled polled = MemoryStore::poll(seen);
    if (other_) polled.epoch = "other";
    ++polls_;
    seen_ = seen;
    polled.more = more_-- > 0;
    polled.now += ahead_.load();
    const std::lock_guard lock(mutex_);
    polled.clock_steps = std::exchange(steps_, {});
    return polled;
  }

 private:
  std::atomic<bool> other_ = false;
  std::atomic<int> more_ = 0, polls_ = 0, loads_ = 0;
  std::atomic<core::Revision> seen_ = 0;
  std::atomic<std::chrono::hours> ahead_ = 0h;
  std::mutex mutex_;
  store::ClockWatch::Steps steps_;
};

class FollowerTest : public testing::Test {
 protected:
  FollowerTest() {
    runtime_.start();
    follower_ = std::make_unique<Follower>(
        store_, caller_, board_, runtime_.background().get_executor(), 1h,
        [this](std::span<const core::RowPtr> rows, bool all) {
          seen_.emplace_back(rows.size(), all);
          if (meanwhile_) std::exchange(meanwhile_, {})();
        },
        fault_, metrics_);
  }
  ~FollowerTest() override {
    on([this] { follower_->stop(); });
    EXPECT_TRUE(support::ready(run_));
  }

  template <class Job>
  std::invoke_result_t<Job&> on(Job job) {
    return support::on(runtime_.background(), std::move(job));
  }
  void start() { run_ = support::start(runtime_.background(), follower_->run()); }
  /// Looks at the store until the observer was told so.
  bool tells(std::vector<std::pair<std::size_t, bool>> seen) {
    return eventually([&] {
      return on([&] {
        follower_->poke();
        return seen_ == seen;
      });
    });
  }
  double gauge(const char* name) { return metrics_.gauge(name, "").Value(); }

  ExchangedStore store_{base::system_clock()};
  base::Metrics metrics_;
  store::Caller caller_{1, metrics_};
  base::Fault fault_{"the database"};
  base::Runtime runtime_{1};
  board::Board board_{runtime_};
  /// How many rows the observer was shown, and whether these were all.
  std::vector<std::pair<std::size_t, bool>> seen_;
  /// Done once, by the observer.
  std::function<void()> meanwhile_;
  std::unique_ptr<Follower> follower_;
  std::future<void> run_;
};

TEST_F(FollowerTest, ShowsAllOnceAndThenWhatChanged) {
  ASSERT_TRUE(store_.add({"p", "a"}));
  ASSERT_TRUE(store_.add({"p", "b"}));
  EXPECT_EQ(follower_->problem(), "the profiles are not loaded yet");
  start();
  ASSERT_TRUE(tells({{2, true}}));
  EXPECT_EQ(follower_->problem(), "");
  EXPECT_FALSE(fault_.since());
  ASSERT_TRUE(store_.add({"p", "c"}));
  ASSERT_TRUE(tells({{2, true}, {1, false}})) << "what it has seen is not shown again";
  EXPECT_TRUE(eventually([&] { return gauge("vacancy_profiles") == 3; }));
  EXPECT_EQ(gauge("vacancy_board_revision"), 3);
  on([&] { follower_->show_all(); });
  EXPECT_TRUE(tells({{2, true}, {1, false}, {3, true}}));
}

TEST_F(FollowerTest, AnotherDatabaseIsLoadedAnew) {
  ASSERT_TRUE(store_.add({"p", "a"}));
  start();
  ASSERT_TRUE(tells({{1, true}}));
  store_.exchange();
  EXPECT_TRUE(tells({{1, true}, {1, true}}));
  EXPECT_EQ(on([&] { return board_.state()->version.epoch; }), "other");
  on([&] { follower_->poke(); });
  EXPECT_TRUE(eventually([&] { return !fault_.since(); })) << "it is the right one now";
}

TEST_F(FollowerTest, WhatWasToBeShownIsShownWhenTheDatabaseIsBack) {
  ASSERT_TRUE(store_.add({"p", "a"}));
  start();
  ASSERT_TRUE(tells({{1, true}}));
  store_.lose(true);
  on([&] { follower_->show_all(); });
  EXPECT_TRUE(eventually([&] { return !follower_->problem().empty(); }));
  EXPECT_TRUE(fault_.since());
  EXPECT_TRUE(on([&] { return board_.state()->filled; }));
  store_.lose(false);
  EXPECT_TRUE(tells({{1, true}, {1, true}}));
  EXPECT_TRUE(eventually([&] { return follower_->problem().empty(); }));
}

TEST_F(FollowerTest, AsksOnlyForWhatIsNewerThanAllItHasSeen) {
  start();
  ASSERT_TRUE(tells({{0, true}}));
  const auto added = store_.add({"p", "a"});
  ASSERT_TRUE(tells({{0, true}, {1, false}}));
  const auto revision = on([&] { return board_.state()->version.revision; });
  on([&] { follower_->poke(); });
  EXPECT_TRUE(eventually([&] { return store_.seen() == revision; }));
}

TEST_F(FollowerTest, APokeDuringALookIsAnotherLook) {
  meanwhile_ = [&] {
    ASSERT_TRUE(store_.add({"p", "late"}));
    follower_->poke();
  };
  start();
  EXPECT_TRUE(eventually([&] { return on([&] { return seen_.size() == 2; }); }));
}

TEST_F(FollowerTest, TheBoardFollowsTheClockWhetherSomethingChangesOrNot) {
  start();
  ASSERT_TRUE(tells({{0, true}}));
  store_.set_ahead(9h);
  on([&] { follower_->poke(); });
  const auto ahead = [&] { return on([&] { return board_.now(); }) - base::system_clock().wall_now(); };
  EXPECT_TRUE(eventually([&] { return ahead() > 8h; }));
  std::optional<base::Time> with_change;
  on([&] {
    meanwhile_ = [&] {
      // No look is under way, so the next one finds both.
      store_.set_ahead(20h);
      std::ignore = store_.add({"p", "b"});
      meanwhile_ = [&] { with_change = board_.now(); };
    };
  });
  ASSERT_TRUE(store_.add({"p", "a"}));
  ASSERT_TRUE(tells({{0, true}, {1, false}, {1, false}}));
  EXPECT_GT(on([&] { return with_change.value(); }), base::system_clock().wall_now() + 19h);
}

TEST_F(FollowerTest, WhatAPollLeavesIsAskedForAtOnce) {
  start();
  ASSERT_TRUE(tells({{0, true}}));
  ASSERT_TRUE(eventually([&] { return store_.polls() > 0; }));
  store_.leave_more(3);
  const int before = store_.polls();
  on([&] { follower_->poke(); });
  EXPECT_TRUE(eventually([&] { return store_.polls() >= before + 4; }));
}

TEST_F(FollowerTest, StepsOfTheClockAreCountedAndToldOnceAMinute) {
  const support::CapturedLog log;
  start();
  ASSERT_TRUE(tells({{0, true}}));
  const auto counted = [&](double steps) {
    return eventually([&] {
      on([&] { follower_->poke(); });
      return metrics_.counter("vacancy_database_clock_steps_total", "").Value() == steps;
    });
  };
  store_.step({.count = 3, .by = -90s});
  EXPECT_TRUE(counted(3));
  store_.step({.count = 1, .by = 5s});
  EXPECT_TRUE(counted(4));
  on([] {});  // the look that counted is over
  EXPECT_EQ(log.count("warning the database's clock stepped back by 90.0 s"), 1U);
  EXPECT_EQ(log.count("the database's clock stepped"), 1U);
}

TEST_F(FollowerTest, AnOutageIsToldToReadersWhenItLasts) {
  start();
  ASSERT_TRUE(tells({{0, true}}));
  const auto before = std::chrono::steady_clock::now();
  store_.lose(true);
  on([&] { follower_->poke(); });
  const auto outage = [&] { return on([&] { return board_.state()->outage.has_value(); }); };
  EXPECT_TRUE(eventually([&] { return !follower_->problem().empty(); }));
  const bool told = outage();
  EXPECT_FALSE(told && std::chrono::steady_clock::now() - before < board::kOutageGrace) << "most are over at once";
  const auto looks_until = [&](bool wanted) {
    return eventually([&] {
      on([&] { follower_->poke(); });
      return outage() == wanted;
    });
  };
  EXPECT_TRUE(looks_until(true));
  store_.lose(false);
  EXPECT_TRUE(looks_until(false));
  const auto again = std::chrono::steady_clock::now();
  store_.lose(true);
  on([&] { follower_->poke(); });
  EXPECT_TRUE(eventually([&] { return !follower_->problem().empty(); }));
  const bool told_again = outage();
  EXPECT_FALSE(told_again && std::chrono::steady_clock::now() - again < board::kOutageGrace) << "it is another one";
  store_.lose(false);
}

TEST_F(FollowerTest, LooksSeldomerTheLongerTheDatabaseIsAway) {
  base::Fault fault("the database");
  Follower hurried(
      store_, caller_, board_, runtime_.background().get_executor(), 1ms, [](auto, bool) {}, fault, metrics_);
  store_.lose(true);
  start();
  const auto begin = std::chrono::steady_clock::now();
  auto run = support::start(runtime_.background(), hurried.run());
  const int before = store_.loads();
  EXPECT_TRUE(eventually([&] { return store_.loads() >= before + 6; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms + 200ms + 400ms + 800ms);
  on([&] { hurried.stop(); });
  EXPECT_TRUE(support::ready(run));
}

TEST_F(FollowerTest, APokeDuringALookThatFailsShortensNoPause) {
  store_.during_load = [&] { on([&] { follower_->poke(); }); };
  follower_ = std::make_unique<Follower>(
      store_, caller_, board_, runtime_.background().get_executor(), 1ms, [](auto, bool) {}, fault_, metrics_);
  store_.lose(true);
  const auto begin = std::chrono::steady_clock::now();
  start();
  EXPECT_TRUE(eventually([&] { return store_.loads() >= 6; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, (100ms + 200ms + 400ms + 800ms) / 2);
}

}  // namespace
}  // namespace hardware
