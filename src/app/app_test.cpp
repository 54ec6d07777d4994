#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "app/flags.hpp"
#include "app/healthcheck.hpp"
#include "app/process.hpp"
#include "http/admin.hpp"
#include "support/captured_log.hpp"
#include "support/eventually.hpp"
#include "support/serving.hpp"
#include "support/temp_dir.hpp"

namespace app {
namespace {

using testing::HasSubstr;

TEST(Health, NeedsAPortAndAProgramThatIsReady) {
  base::ServerConfig admin;
  admin.port = 0;
  try {
    check_health(admin);
    ADD_FAILURE() << "somebody was asked";
  } catch (const base::UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("admin.port is 0"));
  }
  admin.address = "127.0.0.1";
  admin.port = 1;
  EXPECT_THROW(check_health(admin), base::Lost);
}

TEST(Health, IsWhatTheProgramSaysOfItself) {
  base::Runtime runtime(1);
  runtime.start();
  base::Metrics metrics;
  http::Health health;
  std::atomic<bool> well = true;
  health.add([&] { return well ? "" : "no rows yet"; });
  http::Router router;
  http::add_admin_routes(router, health, metrics);
  const support::Serving serving(runtime, std::move(router));
  base::ServerConfig admin;
  admin.address = "127.0.0.1";
  admin.port = serving.port();
  EXPECT_NO_THROW(check_health(admin));
  well = false;
  try {
    check_health(admin);
    FAIL() << "it is not ready";
  } catch (const base::Lost& error) {
    EXPECT_STREQ(error.what(), "not ready: no rows yet");
  }
}

TEST(Process, UrlsAreThoseThatReachIt) {
  base::ServerConfig config;
  for (const auto& [address, url] : {std::pair("0.0.0.0", "http://localhost:5"),
                                     {"::", "http://localhost:5"},
                                     {"10.0.0.1", "http://10.0.0.1:5"},
                                     {"::1", "http://[::1]:5"},
                                     {"host", "http://host:5"}}) {
    config.address = address;
    EXPECT_EQ(url_of(config, 5), url);
  }
}

TEST(Process, ServersGetTheirLimits) {
  base::ServerConfig config;
  config.address = "::1";
  config.port = 5;
  config.idle_timeout = std::chrono::seconds{7};
  config.io_timeout = std::chrono::seconds{8};
  config.max_body_bytes = 10;
  const http::ServerOptions options = server_options("x", config, 9);
  EXPECT_EQ(options.name, "x");
  EXPECT_EQ(options.address, "::1");
  EXPECT_EQ(options.port, 5);
  EXPECT_EQ(options.idle_timeout, std::chrono::seconds{7});
  EXPECT_EQ(options.io_timeout, std::chrono::seconds{8});
  EXPECT_EQ(options.max_connections, 9U);
  EXPECT_EQ(options.max_body_bytes, 10U);
}

/// A process with one part that notes what happens to it.
class ProcessTest : public testing::Test {
 protected:
  ProcessTest() {
    hold_reloads();
    config_.threads = 1;
    config_.log_level = "off";
    config_.lame_duck = base::Duration{0};
    process_.emplace(config_);
    timer_.emplace(process_->runtime().background(), base::SteadyTime::max());
  }

  Component part(bool fails = false) {
    return {.options = {{}, "part"},
            .routes = http::Router(),
            .run = [this, fails] { return work(fails); },
            .stop =
                [this] {
                  note("stop");
                  timer_->cancel();
                },
            .before_listening = {},
            .end_streams = [this] { note("end streams"); }};
  }
  boost::asio::awaitable<void> work(bool fails) {
    note("run");
    boost::system::error_code error;
    co_await timer_->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (fails) throw std::runtime_error("broken");
  }
  void note(const std::string& what) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(what);
  }
  double reloads(const char* result) {
    return process_->metrics().counter("vacancy_config_reloads_total", "", {{"result", result}}).Value();
  }

  std::mutex mutex_;
  std::vector<std::string> notes_;
  config::Config config_;
  std::optional<Process> process_;
  std::optional<boost::asio::steady_timer> timer_;
};

TEST_F(ProcessTest, EndsItsPartsInOrder) {
  EXPECT_GT(process_->start(part()), 0);
  EXPECT_EQ(process_->health().problem(), "");
  kill(getpid(), SIGTERM);
  EXPECT_EQ(process_->wait(), 0);
  EXPECT_EQ(process_->health().problem(), "draining");
  EXPECT_THAT(notes_, testing::ElementsAre("run", "end streams", "stop"));
}

TEST_F(ProcessTest, APartThatFailsIsExitCode1) {
  process_->start(part(true));
  kill(getpid(), SIGINT);
  EXPECT_EQ(process_->wait(), 1);
}

TEST_F(ProcessTest, ASignalBeforeItListensEndsTheStart) {
  Component early = part();
  early.before_listening = [this]() -> boost::asio::awaitable<void> {
    boost::system::error_code error;
    co_await timer_->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
  };
  kill(getpid(), SIGTERM);
  EXPECT_EQ(process_->start(std::move(early)), 0);
  EXPECT_EQ(process_->wait(), 0);
}

TEST_F(ProcessTest, AReloadIsAppliedOrRefusedAndCounted) {
  int loads = 0;
  std::atomic<int> applied = 0;
  process_->on_reload(
      [&] {
        if (++loads == 1) throw base::UsageError("wrong");
        if (loads == 2) throw base::Lost("away");
        return config_;
      },
      [&](config::Config) -> boost::asio::awaitable<void> {
        ++applied;
        co_return;
      });
  process_->start(part());
  const auto last = [&] { return process_->metrics().gauge("vacancy_config_last_reload_successful", "").Value(); };
  EXPECT_EQ(last(), 1);
  std::vector<double> seen;
  std::thread sender([&] {
    for (const char* result : {"refused", "failed", "applied"}) {
      kill(getpid(), SIGHUP);
      support::eventually([&] { return reloads(result) == 1; });
      const double successful = std::string_view(result) == "applied" ? 1 : 0;
      EXPECT_TRUE(support::eventually([&] { return last() == successful; })) << result;
      seen.push_back(reloads("refused") + 10 * reloads("failed") + 100 * reloads("applied"));
    }
    kill(getpid(), SIGTERM);
  });
  EXPECT_EQ(process_->wait(), 0);
  sender.join();
  EXPECT_THAT(seen, testing::ElementsAre(1, 11, 111));
  EXPECT_EQ(applied, 1);
  EXPECT_EQ(last(), 1);
}

TEST_F(ProcessTest, AReloadSaysWhatNeedsARestart) {
  const support::CapturedLog log;
  config::Config loaded = config_;
  process_->on_reload([&] { return loaded; }, [](config::Config) -> boost::asio::awaitable<void> { co_return; });
  process_->start(part());
  std::thread sender([&] {
    loaded.probes.push_back({.name = "another"});
    loaded.profiles.push_back({{"Amazon", "c5"}, {}});
    loaded.hardware.history.hours = std::chrono::hours{1};
    kill(getpid(), SIGHUP);
    EXPECT_TRUE(support::eventually([&] { return reloads("applied") == 1; }));
    EXPECT_EQ(log.count("restart to apply the rest"), 0U) << "they are taken over";
    loaded.portal.http.port = 12345;
    kill(getpid(), SIGHUP);
    EXPECT_TRUE(support::eventually([&] { return reloads("applied") == 2; }));
    EXPECT_EQ(log.count("warning the configuration changes more than probes, profiles, sets, alerts and history; "
                        "restart to apply the rest"),
              1U);
    kill(getpid(), SIGTERM);
  });
  EXPECT_EQ(process_->wait(), 0);
  sender.join();
}

TEST_F(ProcessTest, ASignalEndsAReloadThatDoesNot) {
  std::atomic<bool> applying = false;
  process_->on_reload([this] { return config_; },
                      [&](config::Config) -> boost::asio::awaitable<void> {
                        applying = true;
                        boost::system::error_code error;
                        co_await timer_->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
                      });
  process_->start(part());
  std::thread sender([&] {
    kill(getpid(), SIGHUP);
    EXPECT_TRUE(support::eventually([&] { return applying.load(); }));
    kill(getpid(), SIGTERM);
  });
  EXPECT_EQ(process_->wait(), 0);
  sender.join();
  EXPECT_EQ(reloads("applied"), 0);
}

TEST(ServerOptions, ThePortalAloneShowsItsDemand) {
  base::ServerConfig config;
  config.address = "127.0.0.7";
  config.port = 7;
  config.max_body_bytes = 77;
  const http::ServerOptions portal = server_options("portal", config, 5);
  const http::ServerOptions other = server_options("hardware", config, 6);
  EXPECT_TRUE(portal.shows_demand);
  EXPECT_FALSE(other.shows_demand);
  EXPECT_EQ(portal.name, "portal");
  EXPECT_EQ(portal.max_connections, 5U);
  EXPECT_EQ(other.max_connections, 6U);
  for (const http::ServerOptions& options : {portal, other}) {
    EXPECT_EQ(options.address, "127.0.0.7");
    EXPECT_EQ(options.port, 7);
    EXPECT_EQ(options.max_body_bytes, 77U);
  }
}

}  // namespace
}  // namespace app
