#include "http/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/backoff.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/task_group.hpp"
#include "http/head.hpp"
#include "http/refusal.hpp"
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

std::string refusal_of(const Router& router) {
  Reply reply = problem(503, "all connections of this server are in use; try again later");
  router.finish({}, reply);
  return last_answer(reply);
}

/// Takes one off when it ends.
class Counted {
 public:
  explicit Counted(std::atomic<std::size_t>& count) : count_(count) {}
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::atomic<std::size_t>& count_;
};

}  // namespace

Server::Server(base::Runtime& runtime, base::Metrics& metrics, Router router, ServerOptions options)
    : runtime_(runtime),
      router_(std::move(router)),
      options_(std::move(options)),
      acceptor_(runtime.core(0)),
      taking_(fmt::format("taking connections of {}", options_.name)),
      losing_(fmt::format("answering of {}", options_.name)),
      refusing_(fmt::format("{} refuses connections", options_.name)),
      failing_(fmt::format("{} cannot accept a connection", options_.name)),
      refusal_(refusal_of(router_)),
      refused_(metrics.counter("vacancy_http_refused_connections_total",
                               "Connections answered 503 because max_connections are open",
                               {{"server", options_.name}})),
      totals_(std::make_unique<SessionTotals>()) {
  metrics.gauge("vacancy_http_max_connections", "Open connections at most", {{"server", options_.name}})
      .Set(static_cast<double>(options_.max_connections));
  for (std::size_t i = 0; i < runtime.cores(); ++i)
    hosts_.push_back(std::make_unique<SessionHost>(runtime.core(i), i, router_, options_, *totals_, losing_, metrics));
  if (options_.shows_demand) show_demand(metrics);
}

void Server::show_demand(base::Metrics& metrics) {
  auto& total = metrics.counter("vacancy_offered_requests_total", "Requests that came: answered, refused and waiting");
  auto& rate =
      metrics.gauge("vacancy_offered_requests_per_second", "Requests that came in the last half minute, a second");
  demand_at_scrape_ = metrics.at_scrape([this, &total, &rate, began = std::chrono::steady_clock::now()] {
    const auto now = std::chrono::steady_clock::now();
    double all = 0;
    double recent = 0;
    for (const auto& host : hosts_) {
      all += static_cast<double>(host->offered.total());
      recent += static_cast<double>(host->offered.recent(now));
    }
    total.Increment(all - total.Value());
    const auto span = std::clamp<std::chrono::duration<double>>(now - began, std::chrono::seconds(1), base::kRecent);
    rate.Set(recent / span.count());
  });
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
  base::Backoff backoff(std::chrono::milliseconds(50), std::chrono::seconds(1));
  while (acceptor_.is_open()) {
    boost::system::error_code error;
    tcp::socket socket =
        co_await acceptor_.async_accept(runtime_.core(next), asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) break;
    if (error) {
      // Out of descriptors, most likely: trying again at once would burn the core.
      taking_.failed(failing_, error.message());
      co_await make_room(0);
      co_await base::sleep(pause, backoff.next());
      continue;
    }
    backoff.reset();
    taking_.succeeded(failing_);
    if (++totals_->connections > options_.max_connections + kMostBeyond) {
      --totals_->connections;
      refuse_at_once(std::move(socket), note_refusal(0));
      continue;
    }
    base::spawn_logged(runtime_.core(next).get_executor(), options_.name + " session", begin(std::move(socket), next));
    next = (next + 1) % hosts_.size();
  }
  accept_ended_ = true;
}

asio::awaitable<void> Server::begin(tcp::socket socket, std::size_t core) {
  if (co_await admit(core)) {
    taking_.succeeded(refusing_);
    start_session(std::move(socket), *hosts_[core]);
  } else {
    const Counted counted(totals_->connections);
    co_await turn_away(std::move(socket), core);
  }
}

asio::awaitable<void> Server::turn_away(tcp::socket socket, std::size_t core) {
  ++refusals_;
  const Counted counted(refusals_);
  const std::string& answer = note_refusal(core);
  if (refusals_ <= kMostBeyond / 2)
    co_await refuse(std::move(socket), answer);
  else
    refuse_at_once(std::move(socket), answer);
}

/// Takes a place among the sessions, if there is one.
asio::awaitable<bool> Server::admit(std::size_t core) {
  if (++totals_->sessions <= options_.max_connections) co_return true;
  const bool room = co_await make_room(core);
  if (!room) --totals_->sessions;
  co_return room;
}

/// Closes an idle connection, of `core` if it has one, else of another core.
asio::awaitable<bool> Server::make_room(std::size_t core) {
  bool closed = false;
  for (std::size_t i = 0; i < hosts_.size() && !closed; ++i) {
    const std::size_t other = (core + i) % hosts_.size();
    const auto close = [&closed, host = hosts_[other].get()] { closed = close_longest_idle(*host); };
    co_await on(runtime_.core(other), close);
  }
  co_return closed;
}

/// Returns what to answer.
const std::string& Server::note_refusal(std::size_t core) {
  hosts_[core]->offered.add(std::chrono::steady_clock::now());
  refused_.Increment();
  taking_.failed(refusing_, fmt::format("all {} of max_connections are in use", options_.max_connections));
  return refusal_;
}

asio::awaitable<void> Server::announce_end() {
  co_await on_every_core(end_sessions_when_answered);
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
  if (totals_->connections.load() > 0)
    spdlog::warn("{} closes {} connections that did not end", options_.name, totals_->connections.load());
  co_await on_every_core(close_sessions);
  co_await wait_until_empty(std::chrono::seconds(5));
  co_await on_every_core(stop_host);
  co_return totals_->connections.load() == 0 && accept_ended_;
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
  while ((totals_->connections.load() > 0 || !accept_ended_) && std::chrono::steady_clock::now() < deadline)
    co_await base::sleep(timer, std::chrono::milliseconds(2));
}

}  // namespace http
