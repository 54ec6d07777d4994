#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace base {

/// The address and limits of an HTTP server, for its configuration and for the server.
struct ServerConfig {
  /// Address to listen on. 127.0.0.1 keeps the service on this machine.
  std::string address = "127.0.0.1";
  /// 0 takes a free port; the ready line says which.
  std::uint16_t port = 0;
  /// A connection on which no request begins for so long is closed.
  Duration idle_timeout = std::chrono::seconds{75};
  /// A request that has begun must arrive, and a piece of an answer be taken, within this time.
  Duration io_timeout = std::chrono::seconds{20};
  /// Connections at the same time. A further one takes the place of the one that waits longest for a request; when none
  /// does, it is answered 503. Fewer when the limit of open files allows no more.
  std::size_t max_connections = 16384;
  /// Largest request body in bytes.
  std::size_t max_body_bytes = 1 << 20;

  bool operator==(const ServerConfig&) const = default;
};

}  // namespace base
