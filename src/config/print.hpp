#pragma once

#include <string>

#include "config/config.hpp"

namespace config {

/// Every key with its value, as YAML that `load` reads back to an equal Config. Safe to show: secrets stand in files,
/// and the configuration holds only their paths.
std::string to_yaml(const Config& config);

}  // namespace config
