#include "hardware/housekeeper.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "base/runtime.hpp"
#include "support/captured_log.hpp"
#include "support/eventually.hpp"
#include "support/memory_store.hpp"

namespace hardware {
namespace {

using namespace std::chrono_literals;
using support::eventually;

/// A store that says how much there is to prune.
class BusyStore final : public support::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  /// As many steps have something to do.
  explicit BusyStore(const base::Clock& clock, int steps) : MemoryStore(clock), left_(steps) {}

  store::Pruned prune() override {
    MemoryStore::prune();
    if (steps_ == fails_at) throw base::Lost("gone");
    ++steps_;
    return {.rows = 7, .more = --left_ > 0};
  }
  int steps() const { return steps_; }
  /// The step that fails.
  std::atomic<int> fails_at = -1;

 private:
  std::atomic<int> left_, steps_ = 0;
};

class HousekeeperTest : public testing::Test {
 protected:
  HousekeeperTest() { runtime_.start(); }
  ~HousekeeperTest() override { stop(); }

  void start(store::Store& store) {
    housekeeper_ = std::make_unique<Housekeeper>(store, database_, runtime_.background().get_executor(), metrics_);
    run_ = support::start(runtime_.background(), housekeeper_->run());
  }
  void stop() {
    if (!run_.valid()) return;
    support::on(runtime_.background(), [this] { housekeeper_->stop(); });
    EXPECT_TRUE(support::ready(run_));
    run_.get();
  }
  double gauge(const char* name) { return metrics_.gauge(name, "").Value(); }
  double rows() { return metrics_.counter("vacancy_history_pruned_rows_total", "").Value(); }

  base::Metrics metrics_;
  store::Caller caller_{1, metrics_};
  base::Fault fault_{"the database"};
  refresh::DatabaseWatch watch_{fault_};
  refresh::Database database_{caller_, watch_};
  base::Runtime runtime_{1};
  std::unique_ptr<Housekeeper> housekeeper_;
  std::future<void> run_;
};

TEST_F(HousekeeperTest, PrunesUntilNothingIsLeft) {
  BusyStore store(base::system_clock(), 3);
  start(store);
  EXPECT_TRUE(eventually([&] { return gauge("vacancy_history_pruned_timestamp_seconds") > 0; }));
  stop();
  EXPECT_EQ(store.steps(), 3);
  EXPECT_EQ(rows(), 21);
  EXPECT_EQ(gauge("vacancy_history_behind"), 0);
}

TEST_F(HousekeeperTest, LeavesItToTheReplicaThatHasTheTurn) {
  BusyStore store(base::system_clock(), 3);
  ASSERT_TRUE(store.take_turn(1min));
  start(store);
  EXPECT_TRUE(
      eventually([&] { return metrics_.text().contains("vacancy_database_seconds_count{call=\"history\"} 1"); }));
  stop();
  EXPECT_EQ(store.steps(), 0);
}

TEST_F(HousekeeperTest, EndsInTheMiddleOfItsWork) {
  BusyStore store(base::system_clock(), 1'000'000);
  start(store);
  EXPECT_TRUE(eventually([&] { return store.steps() > 2; }));
  stop();
  EXPECT_EQ(gauge("vacancy_history_behind"), 1);
}

TEST_F(HousekeeperTest, ATurnThatFailsIsNotDone) {
  const support::CapturedLog log;
  BusyStore store(base::system_clock(), 3);
  store.fails_at = 1;
  start(store);
  EXPECT_TRUE(eventually([&] { return gauge("vacancy_history_behind") == 1; }));
  EXPECT_EQ(log.count("old history cannot be deleted"), 1U);
  EXPECT_EQ(gauge("vacancy_history_pruned_timestamp_seconds"), 0);
  EXPECT_EQ(rows(), 7);
}

TEST_F(HousekeeperTest, SurvivesADatabaseThatIsAway) {
  const support::CapturedLog log;
  BusyStore store(base::system_clock(), 3);
  store.lose(true);
  start(store);
  EXPECT_TRUE(eventually([&] { return log.count("there is no turn of housekeeping") > 0; }));
  stop();
  EXPECT_EQ(store.steps(), 0);
}

}  // namespace
}  // namespace hardware
