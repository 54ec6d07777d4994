#include <fmt/format.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/json.hpp>
#include <map>

#include "autoscale/actuator.hpp"
#include "autoscale/swarm_service.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "base/url.hpp"
#include "http/replicas.hpp"
#include "probe/one_line.hpp"
#include "probe/transfers.hpp"

namespace autoscale {
namespace asio = boost::asio;
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr std::size_t kMostBytes = 1 << 20;
constexpr std::string_view kMetrics = "/metrics";
constexpr int kNotFound = 404;

/// The text of an engine's refusal: {"message": "…"}.
std::string message_of(const probe::Response& response) {
  boost::system::error_code error;
  const auto value = boost::json::parse(response.body, error);
  const auto* object = error ? nullptr : value.if_object();
  const std::string_view message = object != nullptr ? base::text_in(*object, "message") : std::string_view();
  return probe::one_line(message.empty() ? std::string_view(response.body) : message, 200);
}

/// Services of Docker Swarm. Requests name the service, so that a proxy may allow these names only.
class Swarm final : public Actuator {
 public:
  Swarm(const config::AutoscalerConfig& config, const asio::any_io_executor& executor)
      : config_(config), engine_(executor, "engine", config.timeout), resolve_(http::system_resolve(executor)) {}

  asio::awaitable<base::Result<Found>> look(const config::ScaledService& service) override {
    const std::string& name = service.scaled_name();
    const auto answer = co_await call("GET", path_of(name), "");
    if (!answer) co_return std::unexpected(answer.error());
    auto seen = read_service(*answer);
    if (!seen) co_return std::unexpected(seen.error());
    Found found{.current = seen->replicas};
    if (!seen->update.empty()) found.busy = fmt::format("the service's update is '{}'", seen->update);
    auto url = base::parse_url(service.metrics_url);
    if (!url) co_return std::unexpected(url.error());
    if (url->prefix.empty()) url->prefix = kMetrics;
    const auto places = co_await resolve_(*url);
    if (!places) spdlog::debug("{}: {}", name, places.error().message);
    // A name without any address is a service without any task.
    for (const auto& endpoints : places.value_or(http::Places{})) {
      const auto& first = endpoints.front();
      found.places.push_back({.url = *url,
                              .endpoints = endpoints,
                              .name = fmt::format("{}:{}", first.address().to_string(), first.port())});
    }
    seen_[name] = std::move(*seen);
    co_return found;
  }

  asio::awaitable<base::Result<void>> scale(const config::ScaledService& service, std::size_t replicas) override {
    const SwarmService& seen = seen_.at(service.scaled_name());
    const std::string target = fmt::format("{}/update?version={}", path_of(service.scaled_name()), seen.version);
    const auto answer = co_await call("POST", target, spec_with(seen, replicas));
    if (!answer) co_return std::unexpected(answer.error());
    co_return base::Result<void>();
  }

 private:
  static std::string path_of(const std::string& name) { return "/services/" + base::percent_encode(name); }

  asio::awaitable<base::Result<std::string>> call(std::string method, std::string target, std::string body) {
    std::string_view engine = config_.engine;
    if (engine.ends_with('/')) engine.remove_suffix(1);
    const bool local = engine.starts_with(kUnix);
    probe::Request request{.method = std::move(method),
                           .url = fmt::format("{}{}", local ? "http://engine" : engine, target),
                           .headers = {"Content-Type: application/json"},
                           .body = std::move(body),
                           .max_bytes = kMostBytes,
                           .unix_socket = std::string(local ? engine.substr(kUnix.size()) : ""),
                           .direct = true};
    auto response = co_await engine_.run(std::move(request), std::chrono::steady_clock::now() + config_.timeout);
    if (!response)
      co_return base::fail(base::Errc::unavailable, fmt::format("the engine at {}: {}", engine, response.error()));
    if (response->status / 100 == 2) co_return std::move(response->body);
    co_return base::fail(
        response->status == kNotFound ? base::Errc::not_found : base::Errc::unavailable,
        fmt::format("the engine at {} answered {}: {}", engine, response->status, message_of(*response)));
  }

  const config::AutoscalerConfig& config_;
  probe::Transfers engine_;
  http::Resolve resolve_;
  /// By name, as of the latest look.
  std::map<std::string, SwarmService> seen_;
};

}  // namespace

std::unique_ptr<Actuator> make_swarm(const config::AutoscalerConfig& config, asio::any_io_executor executor) {
  return std::make_unique<Swarm>(config, executor);
}

}  // namespace autoscale
