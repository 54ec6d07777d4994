#include "http/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/task_group.hpp"
#include "http/session.hpp"

namespace http {
namespace asio = boost::asio;
using asio::ip::tcp;
namespace {

asio::awaitable<void> call(std::function<void()> job) {
  job();
  co_return;
}

/// Runs `job` on another context's thread and returns when it has run.
asio::awaitable<void> on(asio::io_context& context, std::function<void()> job) {
  co_await asio::co_spawn(context, call(std::move(job)), asio::use_awaitable);
}

}  // namespace

Server::Server(base::Runtime& runtime, base::Metrics& metrics, Router router, ServerOptions options)
    : runtime_(runtime), router_(std::move(router)), options_(std::move(options)), acceptor_(runtime.core(0)) {
  const base::Labels labels{{"server", options_.name}};
  auto& connections = metrics.gauge("vacancy_http_connections", "Open connections", labels);
  auto& seconds =
      metrics.seconds("vacancy_http_request_seconds", "From the end of a request to the end of its answer", labels);
  std::array<prometheus::Counter*, 5> requests{};
  for (std::size_t i = 0; i < requests.size(); ++i)
    requests[i] = &metrics.counter("vacancy_http_requests_total", "Requests answered",
                                   {{"server", options_.name}, {"code", fmt::format("{}xx", i + 1)}});
  for (std::size_t i = 0; i < runtime.cores(); ++i)
    hosts_.push_back(std::make_unique<SessionHost>(SessionHost{.router = router_,
                                                               .options = options_,
                                                               .core = i,
                                                               .open = connections_,
                                                               .connections = connections,
                                                               .seconds = seconds,
                                                               .requests = requests}));
}

Server::~Server() = default;

std::uint16_t Server::listen() {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options_.address, error);
  if (error) throw base::UsageError(fmt::format("'{}' is not an IP address to listen on", options_.address));
  const tcp::endpoint endpoint(address, options_.port);
  const auto check = [&] {
    if (!error) return;
    acceptor_.close();
    throw base::UsageError(fmt::format("cannot listen on {}:{} for {}: {}", options_.address, options_.port,
                                       options_.name, error.message()));
  };
  acceptor_.open(endpoint.protocol(), error);
  check();
  acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  acceptor_.bind(endpoint, error);
  check();
  acceptor_.listen(asio::socket_base::max_listen_connections, error);
  check();
  const std::uint16_t port = acceptor_.local_endpoint().port();
  accepting_ = true;
  base::spawn_logged(runtime_.core(0).get_executor(), options_.name + " accept loop", accept());
  return port;
}

asio::awaitable<void> Server::accept() {
  std::size_t next = 0;
  asio::steady_timer pause(runtime_.core(0));
  while (acceptor_.is_open()) {
    boost::system::error_code error;
    tcp::socket socket =
        co_await acceptor_.async_accept(runtime_.core(next), asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) break;
    if (error) {
      // Out of descriptors, most likely: waiting lets sessions end, trying again at once would burn the core.
      spdlog::warn("{} cannot accept a connection: {}", options_.name, error.message());
      co_await base::sleep(pause, std::chrono::milliseconds(50));
      continue;
    }
    if (connections_.load() >= options_.max_connections) continue;
    ++connections_;
    SessionHost& host = *hosts_[next];
    base::spawn_logged(runtime_.core(next).get_executor(), options_.name + " session",
                       run_session(std::move(socket), host));
    next = (next + 1) % hosts_.size();
  }
  accept_ended_ = true;
}

asio::awaitable<bool> Server::drain(base::Duration timeout, std::function<void()> end_streams) {
  if (!accepting_) co_return true;
  accepting_ = false;
  const auto close = [this] {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  };
  co_await on(runtime_.core(0), close);
  co_await on_every_core(drain_sessions);
  // After the sessions know: what is answered now must say that the connection ends.
  if (end_streams) end_streams();
  co_await wait_until_empty(timeout);
  if (connections_.load() > 0)
    spdlog::warn("{} closes {} connections that did not end", options_.name, connections_.load());
  co_await on_every_core(close_sessions);
  co_await wait_until_empty(std::chrono::seconds(5));
  co_return connections_.load() == 0 && accept_ended_;
}

asio::awaitable<void> Server::on_every_core(void (*job)(SessionHost&)) {
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    const auto on_core = [job, host = hosts_[i].get()] { job(*host); };
    co_await on(runtime_.core(i), on_core);
  }
}

asio::awaitable<void> Server::wait_until_empty(base::Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while ((connections_.load() > 0 || !accept_ended_) && std::chrono::steady_clock::now() < deadline)
    co_await base::sleep(timer, std::chrono::milliseconds(2));
}

}  // namespace http
