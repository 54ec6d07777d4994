#pragma once

#include "config/config.hpp"

namespace app {

/// The defaults of `vacancy up`: private services stay on this machine.
config::Config defaults_of_up();

/// Puts the token and a SQLite file with a relative path into the data directory, which need not be there.
void place_in_data_directory(config::Config& config);

}  // namespace app
