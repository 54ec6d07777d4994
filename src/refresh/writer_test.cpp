#include "refresh/writer.hpp"

#include <gtest/gtest.h>

#include "base/runtime.hpp"
#include "support/eventually.hpp"
#include "support/memory_store.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;
using support::eventually;

class WriterTest : public testing::Test {
 protected:
  WriterTest() {
    shared_.database.failures = &meters_.database_errors;
    runtime_.start();
  }

  /// The end of a run of one profile's task, or of a batch's without profiles.
  store::Outcome ended(bool batched) {
    store_.prepare(config_.name, config_.ttl, batched);
    if (!batched) {
      const store::Assignment assignment{store_.add({"p", fmt::format("{}", ++added_)}).value().id, config_.name,
                                         config_.ttl};
      store_.assign({&assignment, 1});
    }
    const store::Claim claim = store_.claim({config_.name, shared_.owner, 1, shared_.lease, {}}).claims.at(0);
    store::Outcome outcome{.task = claim.task,
                           .token = claim.token,
                           .batched = batched,
                           .findings = {},
                           .took = 1ms,
                           .rule = {.ttl = 1h, .grace = 0s, .expire_after = 1h}};
    for (const core::Profile& profile : claim.profiles)
      outcome.findings.push_back({profile, core::Measurement{.level = core::Level::high}});
    return outcome;
  }
  void add(store::Outcome outcome, std::optional<std::vector<core::ProfileKey>> discovered = {}) {
    support::on(runtime_.background(), [&] { writer_.add(std::move(outcome), std::move(discovered)); });
  }
  void start() { run_ = support::start(runtime_.background(), writer_.run()); }
  void end() {
    support::on(runtime_.background(), [&] { writer_.close(); });
    ASSERT_TRUE(support::ready(run_));
    run_.get();
  }

  config::ProbeConfig config_{.name = "test", .ttl = 1h};
  support::MemoryStore store_{base::system_clock()};
  base::Runtime runtime_{1};
  base::Metrics metrics_;
  store::Caller caller_{1, metrics_};
  base::Fault fault_{"the database"};
  DatabaseWatch watch_{fault_};
  Shared shared_{.executor = runtime_.background().get_executor(),
                 .plan = store_,
                 .tasks = store_,
                 .budgets = store_,
                 .demand = store_,
                 .database = {caller_, watch_},
                 .metrics = metrics_,
                 .owner = "replica",
                 .lease = 15s,
                 .written = [] {}};
  Backlog backlog_;
  Meters meters_{metrics_, config_, backlog_, 1};
  std::atomic<std::size_t> done_ = 0;
  /// What was written together; to be looked at after the end.
  std::vector<std::vector<store::Outcome>> batches_;
  int added_ = 0;
  Writer writer_{config_.name, shared_, meters_, [this](const auto& outcomes) {
                   batches_.push_back(outcomes);
                   done_ += outcomes.size();
                 }};
  std::future<void> run_;
};

TEST_F(WriterTest, AReadingThatWaitedHasTheTimeOfItsMeasurement) {
  store_.refuse_results(true);
  const store::Outcome outcome = ended(false);
  add(outcome);
  const base::Time measured_before = base::system_clock().wall_now();
  start();
  EXPECT_TRUE(eventually([&] { return base::system_clock().wall_now() > measured_before + 2s; }));
  EXPECT_EQ(done_, 0U);
  store_.refuse_results(false);
  EXPECT_TRUE(eventually([&] { return done_ == 1; }));
  EXPECT_LT(store_.load().rows.at(0)->reading->measured_at, measured_before + 1s);
  end();
}

TEST_F(WriterTest, EachReadingOfABatchHasItsOwnTime) {
  add(ended(false));
  const auto first = std::chrono::steady_clock::now();
  EXPECT_TRUE(eventually([&] { return std::chrono::steady_clock::now() > first + 1s; }));
  add(ended(false));
  start();
  end();
  ASSERT_EQ(batches_.size(), 1U);
  ASSERT_EQ(batches_[0].size(), 2U);
  EXPECT_GE(batches_[0][0].ended_ago, batches_[0][1].ended_ago + 1s);
}

TEST_F(WriterTest, ABatchHas512ReadingsAtMost) {
  for (int i = 0; i < 511; ++i) add({.task = i});
  EXPECT_FALSE(writer_.is_full());
  add({.task = 511});
  EXPECT_TRUE(writer_.is_full());
  add({.task = 512});
  start();
  end();
  ASSERT_EQ(batches_.size(), 2U);
  EXPECT_EQ(batches_[0].size(), 512U);
  EXPECT_EQ(batches_[1].size(), 1U);
}

TEST_F(WriterTest, TriesSeldomerTheLongerTheDatabaseIsAway) {
  store_.refuse_results(true);
  add(ended(false));
  const auto begin = std::chrono::steady_clock::now();
  start();
  EXPECT_TRUE(eventually([&] { return meters_.database_errors.Value() >= 5; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms + 200ms + 400ms + 800ms);
  EXPECT_TRUE(fault_.since());
  store_.refuse_results(false);
  EXPECT_TRUE(eventually([&] { return done_ == 1; }));
  EXPECT_FALSE(fault_.since());
  end();
}

TEST_F(WriterTest, InAHurryItWaitsForNoDatabase) {
  store_.refuse_results(true);
  add(ended(false));
  start();
  EXPECT_TRUE(eventually([&] { return meters_.database_errors.Value() > 0; }));
  support::on(runtime_.background(), [&] { writer_.hurry(); });
  end();
  EXPECT_EQ(done_, 1U);
  EXPECT_FALSE(fault_.since()) << "nobody will try again";
}

TEST_F(WriterTest, WhatARunDiscoveredIsNotKeptWithoutTheRun) {
  store_.refuse_results(true);
  add(ended(true), std::vector<core::ProfileKey>{{"p", "gpu"}});
  start();
  EXPECT_TRUE(eventually([&] { return meters_.database_errors.Value() > 0; }));
  support::on(runtime_.background(), [&] { writer_.hurry(); });
  end();
  EXPECT_EQ(store_.load().rows.size(), 0U);
}

TEST_F(WriterTest, WhatALateRunDiscoveredIsOld) {
  const store::Outcome outcome = ended(true);
  store::Outcome late = outcome;
  --late.token;
  start();
  add(late, std::vector<core::ProfileKey>{{"p", "gone"}});
  EXPECT_TRUE(eventually([&] { return done_ == 1; }));
  EXPECT_EQ(store_.load().rows.size(), 0U);
  add(outcome, std::vector<core::ProfileKey>{{"p", "gpu"}});
  end();
  const auto rows = store_.load().rows;
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]->profile.key.name, "gpu");
  EXPECT_EQ(meters_.refused.Value(), 1);
}

}  // namespace
}  // namespace refresh
