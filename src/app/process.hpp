#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "base/runtime.hpp"
#include "config/config.hpp"
#include "http/admin.hpp"
#include "http/server.hpp"

namespace app {

/// A service with its server, for the process to start and end.
struct Component {
  /// Its name is the component's, too.
  http::ServerOptions options;
  /// None: it serves nobody.
  std::optional<http::Router> routes;
  /// Works until `stop` was called.
  std::function<boost::asio::awaitable<void>()> run;
  std::function<void()> stop;
  /// Awaited between run and listen; may be empty.
  std::function<boost::asio::awaitable<void>()> before_listening;
  std::function<void()> end_streams;
};

/// The frame of a serving program: threads, metrics, health, signals, and an orderly end. Declare it before the
/// services, so that it outlives them. Used on the main thread.
class Process {
 public:
  /// Blocks SIGTERM and SIGINT for all threads: wait() takes them.
  explicit Process(const config::Config& config);
  ~Process();

  base::Runtime& runtime() { return runtime_; }
  base::Metrics& metrics() { return metrics_; }
  http::Health& health() { return health_; }

  /// Starts to work and to listen; returns the port, or 0 when a signal came meanwhile or it has no server. Throws
  /// base::UsageError after ending what was started.
  std::uint16_t start(Component component);
  /// Serves health, metrics and `routes`, on `connections` at most; returns the port.
  std::uint16_t start_admin(http::Router routes, std::size_t connections);

  /// The same of a service that outlives the components: the process is ready when its problem() is "".
  template <class Service>
  std::uint16_t start_admin_of(Service& service, std::size_t connections) {
    health_.add([&service] { return service.problem(); });
    return start_admin(service.admin_routes(), connections);
  }
  template <class Service>
  std::uint16_t start(Service& service, http::ServerOptions options) {
    return start({.options = std::move(options),
                  .routes = service.routes(),
                  .run = [&service] { return service.run(); },
                  .stop = [&service] { service.stop(); },
                  .before_listening = [&service] { return service.wait_until_ready(); },
                  .end_streams = [&service] { service.end_streams(); }});
  }

  /// Reloads at SIGHUP from wait() on: `load` reads the configuration on the main thread, and `apply` applies it on the
  /// background thread. One that `load` refuses with base::UsageError changes nothing.
  void on_reload(std::function<config::Config()> load,
                 std::function<boost::asio::awaitable<void>(config::Config)> apply);

  /// Waits for SIGTERM or SIGINT, then ends the components, the last started first: readiness 503, lame duck, streams
  /// ended, connections drained, leases given back. A second signal kills. Returns the exit code.
  int wait();

 private:
  struct Started {
    Component component;
    std::unique_ptr<http::Server> server;
    std::future<void> done;
  };

  bool signalled();
  void reload();
  prometheus::Gauge& reload_successful();
  prometheus::Counter& reloads(const char* result);
  boost::asio::awaitable<void> drain();
  void end();

  const config::Config& config_;
  base::Metrics metrics_;
  std::shared_ptr<void> log_dropped_;
  http::Health health_;
  base::Runtime runtime_;
  std::unique_ptr<http::Server> admin_;
  std::vector<Started> started_;
  std::function<config::Config()> load_;
  std::function<boost::asio::awaitable<void>(config::Config)> apply_;
  bool signal_seen_ = false;
  bool ended_ = false;
  bool failed_ = false;
};

/// Prints the line that says that the program is ready. Waits for its reader for a second at most; when it cannot be
/// printed, it goes to the log.
void announce(const std::string& line);

/// Keeps SIGHUP for Process::wait(): it kills no program that is about to serve. Call it before threads are started.
void hold_reloads();

/// `connections`: at most so many, which `config` wanted and the process can have. The portal, the public server, shows
/// autoscalers its demand.
http::ServerOptions server_options(std::string name, const base::ServerConfig& config, std::size_t connections);

/// "http://localhost:5000" for an address that a server listens on.
std::string url_of(const base::ServerConfig& config, std::uint16_t port);

}  // namespace app
