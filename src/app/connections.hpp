#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace app {

/// How many connections each server may have. 0: this program has no such server.
struct Connections {
  std::size_t hardware = 0;
  std::size_t portal = 0;
  std::size_t admin = 0;

  bool operator==(const Connections&) const = default;
};

/// Fits the configured max_connections of the servers in `wanted` into `descriptors`, of which `reserve` are kept for
/// files, the database and probes, but not more than half: each server gets what it wants or an equal share of what the
/// others leave.
Connections fit_connections(const Connections& wanted, std::size_t descriptors, std::size_t reserve);

/// Raises the process's limit of open descriptors to its hard one, and fits the servers of `config` into it, those of
/// the services that serve. Logs what was lowered, and what would raise it. Call it before threads are started.
struct Serves {
  bool hardware = false;
  bool portal = false;
};
Connections connections_of(const config::Config& config, Serves serves, std::size_t reserve);

}  // namespace app
