#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/fault.hpp"
#include "base/metrics.hpp"
#include "base/runtime.hpp"
#include "base/server_config.hpp"
#include "http/router.hpp"

namespace http {

struct SessionHost;
struct SessionTotals;

/// Connections beyond the maximum that a server holds for a moment: half of them may find room, half are refused with
/// an answer. Further ones are refused without a wait for their client.
inline constexpr std::size_t kMostBeyond = 64;

struct ServerOptions : base::ServerConfig {
  /// For logs and metrics: "portal".
  std::string name{};
  /// Of all requests under way together; a single one may always be as large as max_body_bytes.
  std::size_t max_bodies_bytes = 64 << 20;
  /// Exports the offered load for autoscalers (docs/scaling.md). For one server of a process.
  bool shows_demand = false;
};

/// An HTTP/1.1 server. One acceptor hands connections to the cores in turn; a connection never leaves its core.
class Server {
 public:
  /// `runtime` and `metrics` outlive it.
  Server(base::Runtime& runtime, base::Metrics& metrics, Router router, ServerOptions options);
  /// REQUIRES: drained, or the runtime is stopped.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens and serves from now on; returns the port. Throws base::UsageError when the address is not available.
  std::uint16_t listen();

  /// From now on answers say that their connection ends, so that clients open the next one to another replica: a
  /// request on a connection that is being closed would be lost. Await it on the background thread.
  boost::asio::awaitable<void> announce_end();

  /// Takes no further connection, ends the idle ones, calls `end_streams`, whose owner then ends streams and answers
  /// waiting requests, lets answers under way end within `timeout` and closes the rest. False: a handler does not end,
  /// so the server must not be destroyed. Await it on the background thread.
  boost::asio::awaitable<bool> drain(base::Duration timeout, std::function<void()> end_streams = {});

 private:
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> begin(boost::asio::ip::tcp::socket socket, std::size_t core);
  boost::asio::awaitable<bool> admit(std::size_t core);
  boost::asio::awaitable<bool> make_room(std::size_t core);
  boost::asio::awaitable<void> turn_away(boost::asio::ip::tcp::socket socket, std::size_t core);
  const std::string& note_refusal(std::size_t core);
  void show_demand(base::Metrics& metrics);
  boost::asio::awaitable<void> on_every_core(void (*job)(SessionHost&));
  boost::asio::awaitable<void> wait_until_empty(base::Duration timeout);

  base::Runtime& runtime_;
  Router router_;
  ServerOptions options_;
  boost::asio::ip::tcp::acceptor acceptor_;
  /// What is told of connections that cannot be taken.
  base::Fault taking_;
  /// Of requests that something unreachable fails.
  base::Fault losing_;
  const std::string refusing_;
  const std::string failing_;
  const std::string refusal_;
  prometheus::Counter& refused_;
  std::unique_ptr<SessionTotals> totals_;
  std::vector<std::unique_ptr<SessionHost>> hosts_;
  /// Connections that are being refused.
  std::atomic<std::size_t> refusals_ = 0;
  std::atomic<bool> accept_ended_ = false;
  bool accepting_ = false;
  std::shared_ptr<void> demand_at_scrape_;
};

}  // namespace http
