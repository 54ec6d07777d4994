#pragma once

#include <map>
#include <string>

#include "config/config.hpp"
#include "config/origins.hpp"

namespace config {

/// Variables by name.
using Environment = std::map<std::string, std::string>;

/// Reads the VACANCY_ variables over `out`. A key's variable is its path in upper case, with '_' for '.':
/// portal.http.port is VACANCY_PORTAL_HTTP_PORT. A list of texts is separated by commas; profiles and probes are YAML.
/// An empty variable counts as not set, since compose files pass on missing variables so.
/// Throws base::UsageError that names the variable, for wrong values and for variables that no key has.
void read_environment(const Environment& environment, Config& out, Origins& origins);

}  // namespace config
