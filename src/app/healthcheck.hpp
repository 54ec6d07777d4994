#pragma once

#include "config/config.hpp"

namespace app {

/// Asks the program whose admin server has this configuration, on this machine, whether it is ready. Throws base::Lost
/// with what it says when it is not, or when it does not answer within 2 s.
void check_health(const base::ServerConfig& admin);

}  // namespace app
