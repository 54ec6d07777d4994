// A source that is down is asked less.
#include <gmock/gmock.h>

#include "support/refresh_harness.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;
using support::eventually;

TEST_F(RefreshTest, ASourceThatIsDownIsAskedLessAndItsRowsSayWhy) {
  config_.ttl = 20ms;
  add(3, config_.ttl);
  Replica replica(runtime_, store_, config_);
  const auto say = [&](probe::Result result) {
    replica.look([&](auto& script) {
      script.result = [result](const auto&) { return result; };
      return 0;
    });
  };
  say(std::unexpected(std::string("no answer")));
  replica.start();
  const auto all_say = [&](std::string_view text) {
    return std::ranges::all_of(
        rows(), [&](const auto& row) { return row->failure && row->failure->error.find(text) != std::string::npos; });
  };
  EXPECT_TRUE(eventually([&] { return all_say("no answer; slowed down since 20"); }));
  EXPECT_TRUE(eventually([&] { return replica.status().slow_since.has_value(); }));
  const auto since = replica.status().slow_since;
  EXPECT_EQ(replica.slowed_down(), 1);
  // Pauses double, from one period to ten. Undisturbed there would be three runs in each.
  const auto begin = std::chrono::steady_clock::now();
  const int before = replica.runs();
  EXPECT_TRUE(eventually([&] { return replica.runs() >= before + 4; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, (1 + 2 + 4) * config_.ttl);
  EXPECT_EQ(replica.status().slow_since, since) << "since the first of these failures";
  core::Measurement low;
  low.level = core::Level::low;
  say(low);
  EXPECT_TRUE(eventually([&] { return measured() == 3 && !replica.status().slow_since; }));
  EXPECT_EQ(replica.slowed_down(), 0);
}

TEST_F(RefreshTest, ASourceThatWantsARestIsNotAsked) {
  config_.ttl = 5ms;
  add(3, config_.ttl);
  Replica replica(runtime_, store_, config_);
  replica.script->result = [](const auto&) -> probe::Result { return std::unexpected(std::string("busy")); };
  replica.script->retry_after = 2h;
  replica.start();
  const auto failing = [&](std::string_view text) {
    return std::ranges::count_if(rows(),
                                 [&](const auto& row) { return row->failure && row->failure->error.contains(text); });
  };
  EXPECT_TRUE(eventually([&] { return failing("busy; not asked again before 20") >= 1; }));
  const int runs = replica.runs();
  EXPECT_LE(runs, 3) << "those that were claimed together";
  const auto test = replica.test({1, {"p", "0"}}).get();
  ASSERT_FALSE(test) << "nor by a test";
  EXPECT_THAT(test.error().message, testing::HasSubstr("the source wants no call before 20"));
  EXPECT_FALSE(eventually([&] { return replica.runs() > runs; }, 20 * config_.ttl));
}

TEST_F(RefreshTest, ARestEnds) {
  config_.ttl = 5ms;
  add(1, config_.ttl);
  Replica replica(runtime_, store_, config_);
  replica.script->result = [](const auto&) -> probe::Result { return std::unexpected(std::string("busy")); };
  replica.script->retry_after = 150ms;
  const auto begin = std::chrono::steady_clock::now();
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.runs() >= 3; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 300ms) << "two rests";
}

TEST_F(RefreshTest, ASourceThatIsDownIsAskedByOneRunAtATime) {
  config_.ttl = 1ms;
  config_.timeout = 2h;
  add(3, config_.ttl);
  Replica replica(runtime_, store_, config_, 60ms);
  replica.script->result = [](const auto&) -> probe::Result { return std::unexpected(std::string("no answer")); };
  replica.start();
  ASSERT_TRUE(eventually([&] { return replica.status().slow_since.has_value(); }));
  // Those that began before it was slowed down end first.
  const int before = replica.look([](auto& script) { return script.calls; });
  ASSERT_TRUE(eventually([&] { return replica.look([](auto& script) { return script.calls; }) >= before + 4; }));
  replica.look([](auto& script) {
    script.duration = 1h;
    return script.most_running = script.running;
  });
  ASSERT_TRUE(eventually([&] { return replica.look([](auto& script) { return script.running; }) == 1; }));
  const int renewals = store_.renewals();
  ASSERT_TRUE(eventually([&] { return store_.renewals() >= renewals + 20; })) << "many pauses long";
  EXPECT_EQ(replica.look([](auto& script) { return script.most_running; }), 1);
}

/// Keeps what is noted for all rows of a probe.
class NotingStore final : public support::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  void fail_all(const std::string& probe, const std::string& error) override {
    MemoryStore::fail_all(probe, error);
    const std::lock_guard lock(mutex_);
    notes_.push_back(error);
  }
  std::vector<std::string> notes() {
    const std::lock_guard lock(mutex_);
    return notes_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> notes_;
};

TEST_F(RefreshTest, WhatIsNotAskedForAWhileIsToldWhyOnce) {
  config_.ttl = 10ms;
  NotingStore store(base::system_clock());
  const store::Assignment assignment{store.add({"p", "a"})->id, "test", config_.ttl};
  store.assign({&assignment, 1});
  Replica replica(runtime_, store, config_);
  replica.look([](auto& script) {
    script.result = [](const auto&) -> probe::Result { return std::unexpected(std::string("no answer")); };
  });
  replica.start();
  EXPECT_TRUE(eventually([&] { return !store.notes().empty(); }));
  const int before = replica.runs();
  EXPECT_TRUE(eventually([&] { return replica.runs() >= before + 2; }));
  EXPECT_THAT(store.notes(), testing::ElementsAre(testing::StartsWith("no answer; slowed down since 20")));
}

}  // namespace
}  // namespace refresh
