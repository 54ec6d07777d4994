#include "app/connections.hpp"

#include <algorithm>
#include <array>

#include "base/descriptors.hpp"
#include "base/log.hpp"
#include "http/server.hpp"

namespace app {
namespace {

using Servers = std::array<std::size_t, 3>;

/// Descriptors that each of these programs has open beside: standard streams, epoll and timers of each thread, files.
constexpr std::size_t kOfTheProcess = 64;
constexpr std::size_t kOfAThread = 3;

Servers list_of(const Connections& connections) {
  return {connections.hardware, connections.portal, connections.admin};
}

void log_lowered(std::string_view server, std::size_t wanted, std::size_t given) {
  if (given < wanted)
    spdlog::warn("{}.max_connections is {} instead of {}: the limit of open files allows no more", server, given,
                 wanted);
}

}  // namespace

Connections fit_connections(const Connections& wanted, std::size_t descriptors, std::size_t reserve) {
  std::size_t left = descriptors - std::min(reserve, descriptors / 2);
  const Servers wants = list_of(wanted);
  Servers order{0, 1, 2};
  std::ranges::sort(order, {}, [&](std::size_t server) { return wants[server]; });
  std::size_t servers = std::ranges::count_if(wants, [](std::size_t want) { return want > 0; });
  Servers given{};
  // The smallest demand first: the others share the rest.
  for (const std::size_t server : order) {
    if (wants[server] == 0) continue;
    const std::size_t share = left / servers--;
    const std::size_t beyond = std::min(http::kMostBeyond, share / 2);
    given[server] = std::clamp<std::size_t>(share - beyond, 1, wants[server]);
    left -= std::min(left, given[server] + beyond);
  }
  return {.hardware = given[0], .portal = given[1], .admin = given[2]};
}

Connections connections_of(const config::Config& config, Serves serves, std::size_t reserve) {
  const std::size_t descriptors = base::raise_descriptor_limit();
  const Connections wanted{.hardware = serves.hardware ? config.hardware.http.max_connections : 0,
                           .portal = serves.portal ? config.portal.http.max_connections : 0,
                           .admin = config.admin.max_connections};
  const std::size_t threads = config.threads > 0 ? config.threads : std::thread::hardware_concurrency();
  const std::size_t kept = reserve + kOfTheProcess + kOfAThread * (threads + 1);
  const Connections given = fit_connections(wanted, descriptors, kept);
  log_lowered("hardware.http", wanted.hardware, given.hardware);
  log_lowered("portal.http", wanted.portal, given.portal);
  log_lowered("admin", wanted.admin, given.admin);
  if (kept > descriptors / 2)
    spdlog::warn(
        "the limit of {} open files leaves less than the {} that the probes and the database may need; raise it",
        descriptors, kept);
  return given;
}

}  // namespace app
