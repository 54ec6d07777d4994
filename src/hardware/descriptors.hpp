#pragma once

#include <cstddef>

#include "config/config.hpp"

namespace hardware {

/// How many descriptors the database and the probes of `config` may have open at once.
std::size_t descriptors_of(const config::Config& config);

}  // namespace hardware
