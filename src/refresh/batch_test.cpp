// Probes that measure all their profiles in one run, and may discover them.

#include "support/refresh_harness.hpp"

namespace refresh {
namespace {

using namespace std::chrono_literals;
using support::eventually;

TEST_F(RefreshTest, ABatchedProbeRunsOnceForAllItsProfiles) {
  config_.kind = "slurm";
  store_.prepare("test", config_.ttl, true);
  for (const char* name : {"a", "b", "c"}) {
    const store::Assignment assignment{store_.add({"p", name})->id, "test", config_.ttl, true};
    store_.assign({&assignment, 1});
  }
  Replica first(runtime_, store_, config_);
  Replica second(runtime_, store_, config_);
  first.start();
  second.start();
  EXPECT_TRUE(eventually([&] { return measured() == 3; }));
  const auto calls = [](auto& script) { return script.calls; };
  EXPECT_EQ(first.look(calls) + second.look(calls), 1);
}

TEST_F(RefreshTest, ABatchWithoutProfilesAsksNobody) {
  config_.kind = "slurm";
  store_.prepare("test", config_.ttl, true);
  Replica replica(runtime_, store_, config_);
  replica.start();
  ASSERT_TRUE(eventually([&] { return store_.claims() >= 1; }));
  const store::Assignment assignment{store_.add({"p", "late"})->id, "test", config_.ttl, true};
  store_.assign({&assignment, 1});
  EXPECT_TRUE(eventually([&] { return measured() == 1; })) << "soon, not a period later";
  EXPECT_EQ(replica.look([](auto& script) { return script.calls; }), 1);
}

TEST_F(RefreshTest, WhatABatchDiscoversIsAddedAndRetired) {
  config_.kind = "slurm";
  config_.slurm.discover.patterns = {"*"};
  config_.ttl = 50ms;
  store_.prepare("test", config_.ttl, true);
  Replica replica(runtime_, store_, config_);
  const auto discover = [&](std::vector<core::ProfileKey> keys) {
    replica.look([&](auto& script) { return script.discovered = std::move(keys); });
  };
  discover({{"p", "batch"}, {"p", "gpu"}});
  replica.start();
  EXPECT_TRUE(eventually([&] { return rows().size() == 2; }));
  discover({{"p", "gpu"}});
  EXPECT_TRUE(eventually([&] { return rows().size() == 1 && rows()[0]->profile.key.name == "gpu"; }));
}

TEST_F(RefreshTest, ABatchThatFindsNothingIsNoFailureUnlessItSaysWhy) {
  config_.kind = "slurm";
  config_.slurm.discover.patterns = {"*"};
  config_.ttl = 20ms;
  store_.prepare("test", config_.ttl, true);
  Replica replica(runtime_, store_, config_);
  replica.start();
  EXPECT_TRUE(eventually([&] { return replica.ended("ok") >= 2; }));
  EXPECT_EQ(replica.ended("failed"), 0);
  replica.look([](auto& script) { return script.error = "no answer"; });
  EXPECT_TRUE(eventually([&] { return replica.ended("failed") >= 2; }));
}

/// Counts what is written of what probes discover.
class DiscoveryStore final : public support::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  void discover(const std::string& probe, std::span<const core::ProfileKey> keys) override {
    ++discoveries;
    MemoryStore::discover(probe, keys);
  }
  std::atomic<int> discoveries = 0;
};

TEST_F(RefreshTest, WhatIsKnownIsNotDiscoveredAgain) {
  config_.kind = "slurm";
  config_.slurm.discover.patterns = {"*"};
  config_.ttl = 20ms;
  DiscoveryStore store(base::system_clock());
  store.prepare("test", config_.ttl, true);
  Replica replica(runtime_, store, config_);
  replica.look([](auto& script) { script.discovered = {{{"p", "gpu"}, {"p", "batch"}}}; });
  replica.start();
  const auto calls = [](auto& script) { return script.calls; };
  ASSERT_TRUE(eventually([&] { return store.load().rows.size() == 2; }));
  for (const auto& row : store.load().rows) {
    const store::Assignment assignment{row->profile.id, "test", config_.ttl, true};
    store.assign({&assignment, 1});
  }
  const auto runs = [&](int more) {
    const int before = replica.look(calls);
    return eventually([&] { return replica.look(calls) >= before + more; });
  };
  ASSERT_TRUE(runs(3)) << "the last of them knows both";
  const int before = store.discoveries;
  ASSERT_TRUE(runs(3));
  EXPECT_EQ(store.discoveries, before) << "in whatever order";
}

TEST_F(RefreshTest, WhatIsDiscoveredComesBackAfterSomebodyRemovedIt) {
  config_.kind = "slurm";
  config_.slurm.discover.patterns = {"*"};
  config_.ttl = 50ms;
  store_.prepare("test", config_.ttl, true);
  Replica replica(runtime_, store_, config_);
  replica.look([](auto& script) { script.discovered = {{{"p", "gpu"}}}; });
  replica.start();
  ASSERT_TRUE(eventually([&] { return rows().size() == 1; }));
  const core::ProfileId removed = rows()[0]->profile.id;
  ASSERT_TRUE(store_.remove(removed));
  EXPECT_TRUE(eventually([&] { return rows().size() == 1 && rows()[0]->profile.id != removed; }));
}

}  // namespace
}  // namespace refresh
