// How a board follows a store: once whole, then by what changed.

#include "hardware/follower.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hardware/database.hpp"
#include "hardware/descriptors.hpp"
#include "support/eventually.hpp"
#include "support/memory_store.hpp"
#include "support/temp_dir.hpp"

namespace hardware {
namespace {

using namespace std::chrono_literals;
using support::eventually;

/// A store whose database may be exchanged.
class ExchangedStore final : public support::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  void exchange() { other_ = true; }

  store::Loaded load() override {
    store::Loaded loaded = MemoryStore::load();
    if (other_) loaded.version.epoch = "other";
    return loaded;
  }
  store::Polled poll(core::Revision seen) override {
    store::Polled polled = MemoryStore::poll(seen);
    if (other_) polled.epoch = "other";
    return polled;
  }

 private:
  std::atomic<bool> other_ = false;
};

class FollowerTest : public testing::Test {
 protected:
  FollowerTest() {
    runtime_.start();
    follower_ = std::make_unique<Follower>(
        store_, database_, board_, runtime_.background().get_executor(), 1h,
        [this](std::span<const core::RowPtr> rows, bool all) { seen_.emplace_back(rows.size(), all); }, fault_,
        metrics_);
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
  base::OffloadPool database_{"database", 1};
  base::Fault fault_{"the database"};
  base::Runtime runtime_{1};
  board::Board board_{runtime_};
  /// How many rows the observer was shown, and whether these were all.
  std::vector<std::pair<std::size_t, bool>> seen_;
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

TEST(Database, AMistakeIsToldAndAFileIsMade) {
  config::HardwareConfig config;
  const support::TempDir directory;
  config.database = fmt::format("sqlite:{}", (directory.path() / "new.db").string());
  EXPECT_TRUE(open_database(config, store::FirstContent::sample).was_new);
  EXPECT_FALSE(open_database(config, store::FirstContent::sample).was_new);
  // Nobody listens there.
  config.database = "mysql://nobody@127.0.0.1:1/none";
  config.database_wait = 0s;
  EXPECT_ANY_THROW(open_database(config));
}

TEST(Descriptors, OfTheDatabaseAndOfWhatRunsAtOnce) {
  config::Config config;
  config.hardware.database_connections = 1;
  const std::size_t least = descriptors_of(config);
  EXPECT_GE(least, 4U) << "of SQLite";
  config.hardware.database_connections = 3;
  EXPECT_EQ(descriptors_of(config), 3 * least);
  config.hardware.database_connections = 1;
  const auto with = [&](config::ProbeConfig probe) {
    config.probes = {std::move(probe)};
    return descriptors_of(config) - least;
  };
  EXPECT_EQ(with({.name = "sleeps", .kind = "simulated"}), 0U);
  EXPECT_EQ(with({.name = "more", .kind = "exec", .concurrency = 11}) -
                with({.name = "some", .kind = "exec", .concurrency = 1}),
            30U)
      << "a handle and two pipes for each";
  EXPECT_GE(with({.name = "some", .kind = "exec", .concurrency = 1}), 9U);
  EXPECT_GE(with({.name = "one", .kind = "slurm"}), 9U);
  EXPECT_GE(with({.name = "calls", .kind = "http"}), 64U * 2) << "a socket each, at least, and what is kept";
  config.probes.push_back(config.probes.front());
  EXPECT_EQ(descriptors_of(config) - least, 2 * with({.name = "calls", .kind = "http"}));
}

}  // namespace
}  // namespace hardware
