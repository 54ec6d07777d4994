#include "app/process.hpp"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/log.hpp"
#include "base/standard_streams.hpp"
#include "base/task_group.hpp"
#include "base/url.hpp"

namespace app {
namespace asio = boost::asio;
namespace {

/// What the work under way gets at the end when the answers took the whole drain timeout: to write a reading, to give a
/// lease back.
constexpr std::chrono::milliseconds kLeastTimeToEnd{500};
constexpr std::chrono::seconds kReadyLineWait{1};

/// The keys that a reload applies; others need a restart.
config::Config without_reloaded(config::Config config) {
  config.probes.clear();
  config.profiles.clear();
  config.sets.clear();
  config.alerts = {};
  config.hardware.history = {};
  return config;
}

sigset_t end_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

sigset_t all_signals() {
  sigset_t set = end_signals();
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

Process::Process(const config::Config& config) : config_(config), runtime_(config.threads) {
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A client that closes while it is written to is an error code, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  // A file at the limit of its size (ulimit -f) is an error code too, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  auto& dropped = metrics_.counter("vacancy_log_lines_dropped_total",
                                   "Lines of the log that nobody read, or that could not be written");
  log_dropped_ = metrics_.at_scrape(
      [&dropped] { dropped.Increment(static_cast<double>(base::log_lines_dropped()) - dropped.Value()); });
  runtime_.start();
}

Process::~Process() {
  end();
}

bool Process::signalled() {
  const sigset_t set = end_signals();
  const timespec no_time{};
  if (!signal_seen_ && sigtimedwait(&set, nullptr, &no_time) > 0) signal_seen_ = true;
  return signal_seen_;
}

std::uint16_t Process::start(Component component) {
  std::unique_ptr<http::Server> server;
  if (component.routes)
    server = std::make_unique<http::Server>(runtime_, metrics_, std::move(*component.routes), component.options);
  auto done = asio::co_spawn(runtime_.background(), component.run(), asio::use_future);
  started_.push_back({std::move(component), std::move(server), std::move(done)});
  const Started& started = started_.back();
  try {
    if (started.component.before_listening) {
      const auto before = asio::co_spawn(runtime_.background(), started.component.before_listening(), asio::use_future);
      while (before.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready)
        if (signalled()) return 0;
    }
    return started.server ? started.server->listen() : 0;
  } catch (...) {
    end();
    throw;
  }
}

std::uint16_t Process::start_admin(http::Router routes, std::size_t connections) {
  http::add_admin_routes(routes, health_, metrics_);
  admin_ = std::make_unique<http::Server>(runtime_, metrics_, std::move(routes),
                                          server_options("admin", config_.admin, connections));
  try {
    return admin_->listen();
  } catch (...) {
    end();
    throw;
  }
}

void Process::on_reload(std::function<config::Config()> load,
                        std::function<asio::awaitable<void>(config::Config)> apply) {
  load_ = std::move(load);
  apply_ = std::move(apply);
  reload_successful().Set(1);
  for (const char* result : {"applied", "refused", "failed"}) reloads(result);
}

prometheus::Gauge& Process::reload_successful() {
  return metrics_.gauge("vacancy_config_last_reload_successful", "1, and 0 after a reload that was not applied");
}

prometheus::Counter& Process::reloads(const char* result) {
  return metrics_.counter("vacancy_config_reloads_total", "Reloads of the configuration, by result",
                          {{"result", result}});
}

/// The log and metrics report the result, since a signal has no answer.
void Process::reload() {
  if (!load_) return spdlog::info("SIGHUP: there is nothing to reload here");
  try {
    config::Config config = load_();
    if (without_reloaded(config) != without_reloaded(config_))
      spdlog::warn(
          "the configuration changes more than probes, profiles, sets, alerts and history; restart to apply the rest");
    auto applied = asio::co_spawn(runtime_.background(), apply_(std::move(config)), asio::use_future);
    while (applied.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready)
      if (signalled()) return;
    applied.get();
    reloads("applied").Increment();
    reload_successful().Set(1);
    spdlog::info("the configuration has been reloaded");
  } catch (const base::UsageError& error) {
    reloads("refused").Increment();
    reload_successful().Set(0);
    spdlog::error("the new configuration is refused, the old one stays: {}", error.what());
  } catch (const std::exception& error) {
    reloads("failed").Increment();
    reload_successful().Set(0);
    spdlog::error("the new configuration cannot be applied; send SIGHUP again: {}", error.what());
  }
}

int Process::wait() {
  const sigset_t waited = all_signals();
  while (!signal_seen_) {
    int signal = 0;
    sigwait(&waited, &signal);
    if (signal == SIGHUP)
      reload();
    else
      signal_seen_ = true;
  }
  spdlog::info("ending");
  const sigset_t set = end_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  end();
  return failed_ ? 1 : 0;
}

asio::awaitable<void> Process::drain() {
  if (config_.lame_duck.count() > 0) {
    for (const Started& started : started_)
      if (started.server) co_await started.server->announce_end();
    asio::steady_timer timer(runtime_.background());
    co_await base::sleep(timer, config_.lame_duck);
  }
  for (auto started = started_.rbegin(); started != started_.rend(); ++started) {
    if (started->server && !co_await started->server->drain(config_.drain_timeout, started->component.end_streams)) {
      spdlog::critical("{} has an answer under way that does not end; leaving it", started->component.options.name);
      std::_Exit(1);
    }
    started->component.stop();
  }
  if (admin_) co_await admin_->drain(std::chrono::milliseconds(100));
}

void Process::end() {
  if (std::exchange(ended_, true)) return;
  health_.drain();
  const auto begin = std::chrono::steady_clock::now() + config_.lame_duck;
  base::run_on(runtime_.background(), drain());
  const auto deadline = std::max(begin + config_.drain_timeout, std::chrono::steady_clock::now() + kLeastTimeToEnd);
  for (Started& started : started_) {
    if (started.done.wait_until(deadline) != std::future_status::ready) {
      spdlog::critical("{} has work under way that does not end; leaving it", started.component.options.name);
      std::_Exit(1);
    }
    try {
      started.done.get();
    } catch (const std::exception& error) {
      spdlog::error("{} ended with an error: {}", started.component.options.name, error.what());
      failed_ = true;
    }
  }
  runtime_.stop();
}

void announce(const std::string& line) {
  if (const int error = base::write_within(STDOUT_FILENO, line + "\n", kReadyLineWait); error != 0)
    spdlog::warn("cannot write to standard output ({}): {}",
                 error == ETIMEDOUT ? "nobody reads it" : std::strerror(error), line);
}

void hold_reloads() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

http::ServerOptions server_options(std::string name, const base::ServerConfig& config, std::size_t connections) {
  http::ServerOptions options{config, std::move(name)};
  options.max_connections = connections;
  options.shows_demand = options.name == "portal";
  return options;
}

std::string url_of(const base::ServerConfig& config, std::uint16_t port) {
  const bool any = config.address == "0.0.0.0" || config.address == "::";
  return "http://" + base::Url{any ? "localhost" : config.address, port, ""}.authority();
}

}  // namespace app
