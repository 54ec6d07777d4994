#include "autoscale/service.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>

#include "autoscale/state_file.hpp"
#include "http/answer.hpp"
#include "support/eventually.hpp"
#include "support/serving.hpp"
#include "support/temp_dir.hpp"

namespace autoscale {
namespace {

using namespace std::chrono_literals;
using support::eventually;
using testing::ElementsAre;

/// An engine that has what it is told, and replicas that share `load`, or never answer.
struct Engine {
  std::atomic<std::size_t> replicas = 1;
  std::atomic<double> load = 10;
  std::atomic<int> status = 200;
  std::atomic<bool> hangs = false;
  std::atomic<bool> lost = false;
  std::atomic<bool> refuses = false;
  std::atomic<bool> rollout = false;
  std::atomic<int> looks = 0;
  std::atomic<int> scales = 0;
};

class FakeActuator final : public Actuator {
 public:
  FakeActuator(Engine& engine, base::Url url) : engine_(engine), url_(std::move(url)) { url_.prefix = "/metrics"; }

  boost::asio::awaitable<base::Result<Found>> look(const config::ScaledService&) override {
    ++engine_.looks;
    if (engine_.lost) co_return base::fail(base::Errc::unavailable, "no engine");
    Found found{.current = engine_.replicas, .busy = engine_.rollout ? "updating" : ""};
    for (std::size_t i = 0; i < engine_.replicas; ++i) found.places.push_back({.url = url_, .name = std::to_string(i)});
    co_return found;
  }
  boost::asio::awaitable<base::Result<void>> scale(const config::ScaledService&, std::size_t replicas) override {
    ++engine_.scales;
    if (engine_.refuses) co_return base::fail(base::Errc::unavailable, "out of sequence");
    engine_.replicas = replicas;
    co_return base::Result<void>();
  }

 private:
  Engine& engine_;
  base::Url url_;
};

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() {
    runtime_.start();
    config_.interval = 10ms;
    config_.timeout = 300ms;
    config::ScaledService service{.name = "portal"};
    service.spec.maxReplicas = 8;
    service.spec.metrics = {
        {.type = "Pods", .source = {.metric = {.name = "load"}, .target = {.averageValue = config::Quantity{10'000}}}}};
    service.spec.behavior.scaleDown.stabilizationWindowSeconds = 0;
    config_.services = {service};
  }
  ~ServiceTest() override { stop(); }

  void start(bool dry_run = false) {
    service_ = std::make_unique<Service>(config_, runtime_.background().get_executor(), metrics_,
                                         std::make_unique<FakeActuator>(engine_, server_.url()), dry_run);
    run_ = support::start(runtime_.background(), service_->run());
  }
  void stop() {
    if (!run_.valid()) return;
    support::on(runtime_.background(), [this] {
      service_->stop();
      return 0;
    });
    ASSERT_TRUE(support::ready(run_));
    run_.get();
    service_.reset();
  }
  /// So many further ticks have begun.
  bool ticks(int count) {
    return eventually([&, until = engine_.looks + count] { return engine_.looks >= until; });
  }
  double shown(const std::string& name, base::Labels labels = {}) {
    labels.emplace("service", "portal");
    return metrics_.gauge("vacancy_autoscaler_" + name, "", labels).Value();
  }
  double decisions(const std::string& reason) {
    return metrics_.counter("vacancy_autoscaler_decisions_total", "", {{"service", "portal"}, {"reason", reason}})
        .Value();
  }
  boost::asio::awaitable<http::Reply> show_load() {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    while (engine_.hangs && !ended_) co_await base::sleep(timer, 1ms);
    http::Reply reply;
    reply.status = engine_.status;
    reply.body = std::make_shared<const std::string>(fmt::format("load {}\n", engine_.load / engine_.replicas));
    co_return reply;
  }
  http::Router routes() {
    http::Router router;
    router.add("GET", "/metrics", [this](const http::Request&) { return show_load(); });
    return router;
  }

  support::TempDir dir_;
  base::Runtime runtime_{1};
  base::Metrics metrics_;
  Engine engine_;
  std::atomic<bool> ended_ = false;
  support::Serving server_{runtime_, routes(), {}, [this] { ended_ = true; }};
  config::AutoscalerConfig config_;
  std::unique_ptr<Service> service_;
  std::future<void> run_;
};

TEST_F(ServiceTest, FollowsWhatReplicasShow) {
  start();
  ASSERT_TRUE(ticks(3));
  EXPECT_EQ(engine_.replicas, 1U);
  engine_.load = 30;
  EXPECT_TRUE(eventually([&] { return engine_.replicas == 3; }));
  ASSERT_TRUE(ticks(3));
  EXPECT_EQ(engine_.replicas, 3U) << "each has its part";
  engine_.load = 3;
  EXPECT_TRUE(eventually([&] { return engine_.replicas == 1; }));
  EXPECT_TRUE(eventually([&] { return decisions("SuccessfulRescale") >= 2; }))
      << "one more when a look falls into the change";
  EXPECT_TRUE(eventually([&] { return shown("replicas") == 1 && shown("desired_replicas") == 1; }));
  EXPECT_NEAR(shown("metric_ratio", {{"metric", "load"}}), 0.3, 1e-9);
  EXPECT_EQ(shown("metric_known", {{"metric", "load"}}), 1);
}

TEST_F(ServiceTest, ReplicasThatHangChangeNothing) {
  engine_.hangs = true;
  engine_.load = 1000;
  start();
  EXPECT_TRUE(eventually([&] { return decisions("FailedGetMetrics") >= 2; }));
  EXPECT_EQ(shown("metric_known", {{"metric", "load"}}), 0);
  EXPECT_EQ(engine_.replicas, 1U);
  engine_.hangs = false;
  EXPECT_TRUE(eventually([&] { return engine_.replicas > 1; })) << "it goes on by itself";
}

TEST_F(ServiceTest, WhatAReplicaSaysInAnErrorIsNoMetric) {
  engine_.status = 500;
  engine_.load = 1000;
  start();
  EXPECT_TRUE(eventually([&] { return decisions("FailedGetMetrics") >= 2; }));
  EXPECT_EQ(engine_.replicas, 1U);
  engine_.status = 200;
  EXPECT_TRUE(eventually([&] { return engine_.replicas > 1; }));
}

TEST_F(ServiceTest, AnEngineThatIsAwayIsWaitedFor) {
  engine_.lost = true;
  engine_.load = 30;
  start();
  ASSERT_TRUE(ticks(3));
  EXPECT_EQ(shown("engine_up"), 0);
  EXPECT_EQ(engine_.scales, 0);
  engine_.lost = false;
  EXPECT_TRUE(eventually([&] { return engine_.replicas == 3; }));
  EXPECT_TRUE(eventually([&] { return shown("engine_up") == 1; }));
}

TEST_F(ServiceTest, AStepThatTheEngineRefusesIsTriedAgainAndNotCounted) {
  engine_.refuses = true;
  engine_.load = 1000;
  start();
  EXPECT_TRUE(eventually([&] { return decisions("FailedRescale") >= 3; }));
  EXPECT_EQ(engine_.replicas, 1U);
  engine_.refuses = false;
  EXPECT_TRUE(eventually([&] { return engine_.replicas == 5; })) << "the whole step of a period";
}

TEST_F(ServiceTest, ARolloutFreezes) {
  engine_.rollout = true;
  engine_.load = 1000;
  start();
  EXPECT_TRUE(eventually([&] { return decisions("RolloutUnderWay") >= 3; }));
  EXPECT_EQ(engine_.scales, 0);
}

TEST_F(ServiceTest, ADryRunChangesNothing) {
  config_.state_file = dir_ / "state.json";
  engine_.load = 30;
  start(true);
  EXPECT_TRUE(eventually([&] { return decisions("DryRun") >= 3; }));
  EXPECT_EQ(engine_.scales, 0);
  EXPECT_EQ(shown("desired_replicas"), 3);
  EXPECT_FALSE(std::filesystem::exists(config_.state_file));
}

TEST_F(ServiceTest, ARestartGoesOnWithItsWindow) {
  config_.state_file = dir_ / "state.json";
  config_.services[0].spec.behavior.scaleDown.stabilizationWindowSeconds = 300;
  engine_.replicas = 3;
  engine_.load = 30;
  start();
  ASSERT_TRUE(ticks(3));
  stop();
  const auto now = std::chrono::steady_clock::now();
  const auto wall_now = base::system_clock().wall_now();
  auto histories = load(config_.state_file, now, wall_now).value();
  EXPECT_GE(histories.at("portal").recommended.size(), 2U);
  // As if that had been long ago.
  for (auto& recommended : histories.at("portal").recommended) recommended.at -= 290s;
  ASSERT_TRUE(save(config_.state_file, histories, now, wall_now));
  engine_.load = 1;
  start();
  ASSERT_TRUE(ticks(3));
  EXPECT_EQ(engine_.replicas, 3U);
  EXPECT_TRUE(eventually([&] { return engine_.replicas == 1; })) << "10 s later, not 300";
}

TEST_F(ServiceTest, ABrokenStateFileIsNoReasonToStop) {
  config_.state_file = dir_.path();
  engine_.load = 30;
  start();
  EXPECT_TRUE(eventually([&] { return engine_.replicas == 3; }));
}

}  // namespace
}  // namespace autoscale
