#include "app/ports.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/error.hpp"

namespace app {
namespace asio = boost::asio;
namespace {

/// Can both not listen, whatever else runs?
bool collide(const base::ServerConfig& one, const base::ServerConfig& other) {
  const auto takes_all = [](const base::ServerConfig& http) {
    return http.address == "0.0.0.0" || http.address == "::";
  };
  return one.port != 0 && one.port == other.port &&
         (one.address == other.address || takes_all(one) || takes_all(other));
}

/// Why nobody can listen there; no error where that can be tried only.
boost::system::error_code refusal(const base::ServerConfig& http) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(http.address, error);
  if (error) return {};
  asio::io_context context(1);
  asio::ip::tcp::acceptor acceptor(context);
  const asio::ip::tcp::endpoint endpoint(address, http.port);
  acceptor.open(endpoint.protocol(), error);
  if (error) return {};
  // As the server does: remains of a former process do not count.
  acceptor.set_option(asio::socket_base::reuse_address(true), error);
  acceptor.bind(endpoint, error);
  return error;
}

}  // namespace

void check_ports(const std::vector<Wanted>& servers) {
  for (auto one = servers.begin(); one != servers.end(); ++one)
    for (auto other = servers.begin(); other != one; ++other)
      if (collide(one->http, other->http))
        throw base::UsageError(fmt::format("{} and {} both want port {}; give another {} or {}", other->server,
                                           one->server, one->http.port, other->flag, one->flag));
  for (const Wanted& one : servers)
    if (const auto error = refusal(one.http))
      throw base::UsageError(fmt::format("cannot listen on {}:{} for {}: {}; give another {}", one.http.address,
                                         one.http.port, one.server, error.message(), one.flag));
}

}  // namespace app
