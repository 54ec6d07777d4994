#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace app {

/// A server that the process is about to have, and the flag of its port.
struct Wanted {
  std::string server;
  base::ServerConfig http;
  std::string flag;
};

/// Throws base::UsageError, which names the flags, when two of them want one port, or one cannot have its own. Call it
/// before anything is made that a start without ports would leave behind.
void check_ports(const std::vector<Wanted>& servers);

}  // namespace app
